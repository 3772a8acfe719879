// Deletes finished deliveries with their attempts and dead letters, and takes events out of the feed, when their time is over.
//
// Events leave the feed in the order of `seq`, each tenant's floor moving with them in the same transaction. One that a
// delivery needs is passed: it goes together with the last of its deliveries. So every event is looked at once here, and
// those that must stay, however many, cost nothing later. One process does this at a time: two would each leave to the other
// an event that both took a delivery of. Deliveries that somebody is changing are passed over, not waited for; a redelivery
// that comes later finds nothing. Among the events passed, none can still be uncommitted: they were told an hour ago at least.
import type { Expiry } from "@ringback/core";
import {
  finalStatuses,
  floorsOf,
  leavingFeed,
  overSince,
  withinLimit,
  type OverDelivery,
  type ToldEvent,
} from "../../retention-batch.ts";
import type { Ground } from "../ground.ts";
import { inserter } from "../rows.ts";
import { feedFloor } from "../feed-floor.ts";

/** Any number; it tells this lock from others that one may take in the same database. */
const retentionLock = 724_614;
const lockRetention = `select pg_try_advisory_xact_lock(${retentionLock}) as mine`;
const asKeys = "(select * from unnest($1::text[], $2::text[]))";
const lockOver = `select tenant_id as "tenantId", id, event_id as "eventId", attempts from delivery
  where status = $1 and finished_at <= $2 order by finished_at limit $3 for update skip locked`;
// The attempts have told so until now. What has left the feed is not asked for any more.
const markTaken = `update event as e set taken = true from unnest($1::text[], $2::text[], $3::text[]) as d(tenant_id, id, event_id)
  where e.tenant_id = d.tenant_id and e.id = d.event_id and not e.taken
    and e.seq > coalesce((select floor.seq from feed_floor as floor where floor.tenant_id = e.tenant_id), 0)
    and exists (
      select 1 from attempt as a where a.tenant_id = d.tenant_id and a.delivery_id = d.id and a.outcome = 'delivered'
    )`;
const deleteAttempts = `delete from attempt where (tenant_id, delivery_id) in ${asKeys}`;
const deleteLetters = `delete from dead_letter where (tenant_id, delivery_id) in ${asKeys}`;
const deleteDeliveries = `delete from delivery where (tenant_id, id) in ${asKeys}`;
const isNeeded = "exists (select 1 from delivery as d where d.tenant_id = e.tenant_id and d.event_id = e.id)";
// One beyond the floor is still in the feed.
const deletePassed = `delete from event as e where (e.tenant_id, e.id) in ${asKeys}
  and e.seq <= (select floor.seq from feed_floor as floor where floor.tenant_id = e.tenant_id) and not ${isNeeded}`;
const selectTold = `select e.tenant_id as "tenantId", e.seq, e.created_at as "createdAt", ${isNeeded} as needed
  from event as e where e.seq > coalesce((select max(seq) from feed_floor), 0) order by e.seq limit $1`;
const deleteEvents = "delete from event where seq = any($1::bigint[])";
const raiseFloors = inserter(feedFloor, {
  suffix: `on conflict (tenant_id) do update set seq = excluded.seq, told_at = excluded.told_at
    where excluded.seq > t.seq`,
});

/** How many rows it dealt with; fewer than `limit` when nothing is left, or another process is at it. */
type Step = (ground: Ground, expiry: Expiry) => Promise<number>;

const alone =
  (step: Step): Step =>
  async (ground, expiry) => {
    const [lock] = await ground.transaction.ask<{ mine: boolean }>(lockRetention);
    return lock?.mine === true ? step(ground, expiry) : 0;
  };

/** Deliveries first, since events go with the last of theirs; each status by itself, so that none waits for another's rows. */
export const retentionSteps: readonly Step[] = [
  ...finalStatuses.map((status) => alone((ground, expiry) => deleteOver(ground, expiry, status))),
  alone(emptyFeed),
];

async function deleteOver(
  { transaction }: Ground,
  expiry: Expiry,
  status: (typeof finalStatuses)[number],
): Promise<number> {
  const { limit } = expiry;
  const until = overSince(expiry).find((over) => over.status === status)?.until;
  const over = await transaction.ask<OverDelivery>(lockOver, [status, until, limit]);
  const { taken, rows } = withinLimit(over, limit);
  if (rows === 0) return 0;
  const tenantIds = taken.map(({ tenantId }) => tenantId);
  const keys = [tenantIds, taken.map(({ id }) => id)];
  const eventIds = taken.map(({ eventId }) => eventId);
  transaction.send(markTaken, [...keys, eventIds]);
  transaction.send(deleteAttempts, keys);
  transaction.send(deleteLetters, keys);
  transaction.send(deleteDeliveries, keys);
  transaction.send(deletePassed, [tenantIds, eventIds]);
  return rows;
}

async function emptyFeed({ transaction }: Ground, expiry: Expiry): Promise<number> {
  const tell = (count: number): Promise<ToldEvent[]> => transaction.ask<ToldEvent>(selectTold, [count]);
  // Most of the time the oldest is too young, and the others need not be looked at.
  if (leavingFeed(await tell(1), expiry).length === 0) return 0;
  const leaving = leavingFeed(await tell(expiry.limit), expiry);
  const unneeded = leaving.filter(({ needed }) => !needed).map(({ seq }) => seq);
  transaction.send(deleteEvents, [unneeded]);
  const floors = floorsOf(leaving).map(({ tenantId, seq, createdAt }) => ({
    tenantId,
    seq,
    toldAt: createdAt,
  }));
  transaction.send(raiseFloors.text, [raiseFloors.spell(floors)]);
  return leaving.length;
}
