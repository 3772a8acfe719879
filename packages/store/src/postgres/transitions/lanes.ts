// Leases lanes to dispatchers and claims their deliveries. Every write is fenced by the token of the lane's claim.
import type { ClaimedDeliveries, ClaimedDelivery, HeldLane, Instant, LaneStore } from "@ringback/core";
import { keyOf } from "../draft.ts";
import type { Ground } from "../ground.ts";
import { lockLanes, spellKeys } from "../lane-draft.ts";
import type { DeliveryRow } from "../nouns.ts";
import { rowReader } from "../rows.ts";
import { delivery } from "../schema.ts";
import { recordFaults, recordUnknown } from "./attempts.ts";
import { isHeld, lockLanesOf, type LockedLanes } from "./lane-locks.ts";
import { receiversOfDeliveries, type ReceiverNow } from "./receivers.ts";
import type { Lease } from "./runs.ts";

export interface ClaimCall {
  readonly lane: HeldLane;
  readonly now: Instant;
  readonly limit: number;
}

const reader = rowReader(delivery);

const isFree = "t.claimed_by is null and not t.paused and t.due_at is not null and t.due_at <= $1";
const claimed = `returning t.tenant_id as "tenantId", t.id as "laneId", t.token`;
const claim = (which: string, ordered: string): string => `with found as materialized (
    select t.tenant_id, t.id, t.due_at from lane as t where ${isFree} and ${which} order by ${ordered}
  ), held as (
    update lane as t set claimed_by = $3, lease_until = $4, token = t.token + 1
    from found where t.tenant_id = found.tenant_id and t.id = found.id ${claimed}
  ) select held.* from held join found on found.tenant_id = held."tenantId" and found.id = held."laneId"
  order by found.due_at`;
// What another process is claiming at the moment is passed over.
const claimDue = claim("true", "t.due_at limit $2 for no key update skip locked");
// Who asks for a lane by its name has been rung for it, and waits for whoever is writing to it.
const claimNamed = claim(
  `(t.tenant_id, t.id) in (
    select "tenantId", "laneId" from json_to_recordset($5::json) as v("tenantId" text, "laneId" text)
  )`,
  "t.tenant_id, t.id limit $2 for no key update",
);
const extend = `update lane as t set lease_until = v.until
  from json_to_recordset($1::json) as v("tenantId" text, "laneId" text, token bigint, until bigint)
  where t.tenant_id = v."tenantId" and t.id = v."laneId" and t.token = v.token and t.claimed_by is not null
  ${claimed}`;
const free = `update lane as t set claimed_by = null, lease_until = null
  from json_to_recordset($1::json) as v("tenantId" text, "laneId" text)
  where t.tenant_id = v."tenantId" and t.id = v."laneId"`;
const selectDeliveries = `select v.n as call, ${reader.list}
  from json_to_recordset($1::json) as v(n bigint, "tenantId" text, "laneId" text, now bigint, "limit" bigint)
  cross join lateral (
    select * from delivery as d
    where d.tenant_id = v."tenantId" and d.lane_id = v."laneId" and d.status = 'pending'
      and d.attempt_started_at is null and d.due_at <= v.now
    order by d.due_at, d.id limit v."limit"
  ) as t order by v.n, t.due_at, t.id`;
const start = `update delivery as t set attempt_started_at = v.now
  from json_to_recordset($1::json) as v("tenantId" text, id text, now bigint)
  where t.tenant_id = v."tenantId" and t.id = v.id`;
const selectBodies = `select tenant_id as "tenantId", id, body from event
  where (tenant_id, id) in (select * from unnest($1::text[], $2::text[]))`;
const lockLapsed = `select t.tenant_id as "tenantId", t.id as "laneId", t.token from lane as t
  where t.claimed_by is not null and (t.lease_until <= $1 or t.claimed_by <> $2)
  order by t.lease_until limit $3 for no key update skip locked`;

export async function claimLanes(
  ground: Ground,
  options: Parameters<LaneStore["claim"]>[0],
): Promise<HeldLane[]> {
  const { holder, limit, now, leaseMs, only } = options;
  const { transaction } = ground;
  const values = [now, limit, holder, now + leaseMs];
  if (only === undefined) {
    const lanes = await transaction.ask<HeldLane>(claimDue, values);
    if (lanes.length > 0) transaction.mark();
    return lanes;
  }
  if (only.length === 0) return [];
  const lanes = await transaction.ask<HeldLane>(claimNamed, [...values, spellKeys(only)]);
  if (lanes.length > 0) transaction.mark();
  const byKey = new Map(lanes.map((lane) => [keyOf(lane.tenantId, lane.laneId), lane]));
  return only.flatMap(({ tenantId, laneId }) => byKey.get(keyOf(tenantId, laneId)) ?? []);
}

export async function extendLanes(
  ground: Ground,
  leases: readonly Lease<HeldLane>[],
): Promise<("extended" | "lost")[]> {
  const { transaction } = ground;
  transaction.send(lockLanes, [spellKeys(leases.map(({ key }) => key))]);
  transaction.mark();
  const asked = leases.map(({ key, leaseUntil }) => ({ ...key, until: leaseUntil }));
  const rows = await transaction.ask<HeldLane>(extend, [JSON.stringify(asked)]);
  const extended = new Set(rows.map(fenceOf));
  return leases.map(({ key }) => (extended.has(fenceOf(key)) ? "extended" : "lost"));
}

export async function releaseLanes(
  ground: Ground,
  items: readonly { readonly item: HeldLane; readonly now: Instant }[],
): Promise<void> {
  const locked = await lockLanesOf(
    ground,
    items.map(({ item }) => item),
  );
  const held = items.filter(({ item }) => isHeld(locked, item));
  if (held.length > 0) await giveBack(ground, held);
}

/** Frees lanes whose lease has run out, or whose holder is not `soleHolder`; at most `limit`. */
export async function recoverLanes(
  ground: Ground,
  options: { readonly now: Instant; readonly soleHolder?: string; readonly limit: number },
): Promise<{ readonly lanes: number; readonly attempts: number }> {
  const { now, soleHolder, limit } = options;
  const lapsed = await ground.transaction.ask<HeldLane>(lockLapsed, [now, soleHolder ?? null, limit]);
  if (lapsed.length === 0) return { lanes: 0, attempts: 0 };
  const attempts = await giveBack(
    ground,
    lapsed.map((item) => ({ item, now })),
  );
  return { lanes: lapsed.length, attempts };
}

/** Gives back lanes that are locked; how many attempts were in flight. */
async function giveBack(
  ground: Ground,
  held: readonly { readonly item: HeldLane; readonly now: Instant }[],
): Promise<number> {
  ground.transaction.send(free, [spellKeys(held.map(({ item }) => item))]);
  const unknown = await recordUnknown(ground, held);
  for (const { item } of held) ground.draft.recountLane(item, { ring: true });
  return unknown;
}

/** The calls' lanes are locked already. */
export async function claimDeliveries(
  ground: Ground,
  calls: readonly ClaimCall[],
  locked: LockedLanes,
): Promise<ClaimedDeliveries[]> {
  const { transaction, draft } = ground;
  const asked = calls.flatMap(({ lane, now, limit }, n) => {
    const { tenantId, laneId } = lane;
    const open = isHeld(locked, lane) && locked.get(keyOf(tenantId, laneId))?.paused === false;
    return open ? [{ n, tenantId, laneId, now, limit }] : [];
  });
  const found =
    asked.length === 0
      ? []
      : (await transaction.ask(selectDeliveries, [JSON.stringify(asked)])).map(({ call, ...raw }) => ({
          call: Number(call),
          row: reader.read(raw),
        }));
  const claimedByCall = calls.map((): ClaimedDelivery[] => []);
  if (found.length > 0) {
    const rows = found.map(({ row }) => row);
    const [receiverOf, bodyOf] = await Promise.all([
      receiversOfDeliveries(ground, rows),
      readBodies(ground, rows),
    ]);
    const started = new Set<string>();
    const faults: { readonly row: DeliveryRow; readonly detail: string; readonly now: Instant }[] = [];
    for (const { call, row } of found) {
      // Two calls for one lane in one transaction: the first one has it.
      const now = calls[call]?.now ?? 0;
      if (started.has(keyOf(row.tenantId, row.id))) continue;
      started.add(keyOf(row.tenantId, row.id));
      const receiver = receiverOf(row, now);
      const body = bodyOf(row);
      if (!("unreadable" in receiver) && body !== undefined) {
        claimedByCall[call]?.push(claimedDelivery(row, { body, now, receiver }));
        draft.recountLane(row, { ring: false });
        continue;
      }
      const detail =
        "unreadable" in receiver ? receiver.unreadable : "Its event is gone, so nothing was sent.";
      faults.push({ row, detail, now });
      // Its holder goes by how many it was given, so it is told that more is due, now or as a retry.
      draft.recountLane(row, { ring: true });
    }
    await recordFaults(ground, faults);
    sendStarts(ground, claimedByCall.flat());
  }
  return calls.map(({ lane }, n) =>
    isHeld(locked, lane) ? { kind: "claimed", deliveries: claimedByCall[n] ?? [] } : { kind: "lost" },
  );
}

function sendStarts({ transaction }: Ground, deliveries: readonly ClaimedDelivery[]): void {
  const started = deliveries.map(({ tenantId, id, startedAt }) => ({ tenantId, id, now: startedAt }));
  transaction.send(start, [JSON.stringify(started)]);
}

function claimedDelivery(
  row: DeliveryRow,
  with_: {
    readonly body: string;
    readonly now: Instant;
    readonly receiver: ReceiverNow;
  },
): ClaimedDelivery {
  const { tenantId, id, eventId, eventType, jobId, endpointId, trigger } = row;
  const about = { tenantId, id, eventId, eventType, jobId, endpointId, trigger, body: with_.body };
  return { ...about, attempt: row.attempts + 1, startedAt: with_.now, ...with_.receiver };
}

async function readBodies(
  ground: Ground,
  rows: readonly DeliveryRow[],
): Promise<(row: DeliveryRow) => string | undefined> {
  const found = await ground.transaction.ask<{ tenantId: string; id: string; body: string }>(selectBodies, [
    rows.map(({ tenantId }) => tenantId),
    rows.map(({ eventId }) => eventId),
  ]);
  const bodies = new Map(found.map(({ tenantId, id, body }) => [keyOf(tenantId, id), body]));
  return ({ tenantId, eventId }) => bodies.get(keyOf(tenantId, eventId));
}

function fenceOf({ tenantId, laneId, token }: HeldLane): string {
  return `${token} ${keyOf(tenantId, laneId)}`;
}
