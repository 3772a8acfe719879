// Replays: made and changed by the support desk, and worked step by step by whoever holds them. Every write of a step is fenced
// by the token of the claim, and makes an item in the same transaction that notes it as made.
//
// A replay's row is locked before everything else: nobody who holds another lock asks for it.
import {
  nextMakes,
  unfinishedReplaysMax,
  type Act,
  type HeldReplay,
  type Instant,
  type ReplayChanged,
  type ReplayCreated,
  type ReplayKey,
  type ReplayStep,
  type ReplayStore,
  type ReplayVerb,
} from "@ringback/core";
import type { Ground } from "../ground.ts";
import { replayOf, type ReplayRow } from "../nouns.ts";
import {
  changedReplay,
  countedReplay,
  endedItems,
  isToStop,
  lookedAtOnceMax,
  lookedThrough,
  newReplay,
  preparedReplay,
  replayChanging,
  steppedReplay,
  type LookedLetter,
  type UnderWayItem,
} from "../replay-rows.ts";
import { inserter, rowReader, saver } from "../rows.ts";
import { replay, replayItem } from "../schema.ts";
import { sendAudit } from "./audit.ts";
import { takeItems } from "./replay-items.ts";

const reader = rowReader(replay);
const insertReplays = inserter(replay);
const insertItems = inserter(replayItem, {
  suffix: "on conflict (tenant_id, replay_id, delivery_id) do nothing",
});
const saveReplays = saver(replay, { set: replayChanging, key: ["tenantId", "id"] });
/** Any number; with the tenant's hash it lets one at a time make a replay for a tenant. */
const lockCreating = "select pg_advisory_xact_lock(724615, hashtext($1))";
const selectUnfinished = `select ${reader.list} from replay as t where t.tenant_id = $1 and t.finished_at is null`;
const lockReplay = `select ${reader.list} from replay as t where t.tenant_id = $1 and t.id = $2 for no key update`;
const claimFree = `update replay as t set claimed_by = $1, lease_until = $2, token = t.token + 1
  from (
    select tenant_id, id from replay where status in ('preparing', 'running')
      and (claimed_by is null or lease_until <= $3 or ($4 and claimed_by <> $1))
    order by next_at limit $5 for no key update skip locked
  ) as free where t.tenant_id = free.tenant_id and t.id = free.id
  returning t.tenant_id as "tenantId", t.id as "replayId", t.token`;
const free = `update replay set claimed_by = null, lease_until = null where tenant_id = $1 and id = $2 and token = $3`;
const letters = (direction: ">" | "<", order: "asc" | "desc"): string =>
  `select l.delivery_id as id, d.event_id as "eventId", l.job_id as "jobId", l.endpoint_id as "endpointId", l.host,
      d.url, l.reason, l.http_status as "httpStatus", l.died_at as "diedAt"
    from (
      select * from dead_letter as l where l.tenant_id = $1 and l.state = 'open' and l.died_at >= $2 and l.died_at < $3
        and (l.died_at, l.delivery_id) ${direction} ($4, $5)
      order by l.died_at ${order}, l.delivery_id ${order} limit $6
    ) as l join delivery as d on d.tenant_id = l.tenant_id and d.id = l.delivery_id
    order by l.died_at ${order}, l.delivery_id ${order}`;
const lettersBy = { oldest: letters(">", "asc"), newest: letters("<", "desc") };
const selectUnderWay = `select i.delivery_id as "deliveryId", i.attempts_before as "attemptsBefore", d.status, d.attempts, d.code
  from replay_item as i left join delivery as d on d.tenant_id = i.tenant_id and d.id = i.delivery_id
  where i.tenant_id = $1 and i.replay_id = $2 and i.state = 'under_way' order by i.n limit $3`;
const changeItems = `update replay_item as t set state = v.state,
    attempts_before = coalesce(v."attemptsBefore", t.attempts_before)
  from json_to_recordset($3::json) as v("deliveryId" text, state text, "attemptsBefore" bigint)
  where t.tenant_id = $1 and t.replay_id = $2 and t.delivery_id = v."deliveryId"`;

export async function createReplay(
  ground: Ground,
  asked: Parameters<ReplayStore["create"]>[0],
  now: Instant,
  act: Act,
): Promise<ReplayCreated> {
  const { transaction, effects } = ground;
  const { tenantId, id, order, ratePerSecond } = asked;
  const row = newReplay(asked, now);
  transaction.send(lockCreating, [tenantId]);
  const unfinished = (await transaction.ask(selectUnfinished, [tenantId])).map(reader.read);
  const same = unfinished.find(({ selection }) => selection === row.selection);
  if (same !== undefined) return { kind: "running", replay: replayOf(same) };
  if (unfinished.length >= unfinishedReplaysMax) return { kind: "too_many" };
  transaction.mark({ text: "select 1 from replay where tenant_id = $1 and id = $2", values: [tenantId, id] });
  transaction.send(insertReplays.text, [insertReplays.spell([row])]);
  const details = { filter: row.selection, order, ratePerSecond };
  sendAudit(ground, [{ tenantId, action: "replay.created", subject: id, details }], act, now);
  effects.replayChanged(tenantId, id);
  return { kind: "created", replay: replayOf(row) };
}

const doneAs = { pause: "replay.paused", resume: "replay.resumed", cancel: "replay.canceled" } as const;

export async function changeReplay(
  ground: Ground,
  { tenantId, replayId }: ReplayKey,
  { verb, now, act }: { readonly verb: ReplayVerb; readonly now: Instant; readonly act: Act },
): Promise<ReplayChanged | null> {
  const row = await lockOne(ground, { tenantId, replayId });
  if (row === null) return null;
  const next = changedReplay(row, verb, now);
  if (next === null || next === row) {
    return { kind: next === null ? "finished" : "unchanged", replay: replayOf(row) };
  }
  ground.transaction.send(saveReplays.text, [saveReplays.spell([next])]);
  sendAudit(ground, [{ tenantId, action: doneAs[verb], subject: replayId }], act, now);
  ground.effects.replayChanged(tenantId, replayId);
  return { kind: "changed", replay: replayOf(next) };
}

export async function claimReplays(
  { transaction }: Ground,
  { holder, limit, now, leaseMs, soleHolder }: Parameters<ReplayStore["claim"]>[0],
): Promise<HeldReplay[]> {
  const held = await transaction.ask<HeldReplay>(claimFree, [holder, now + leaseMs, now, soleHolder, limit]);
  if (held.length > 0) transaction.mark();
  return held;
}

export async function stepReplay(
  ground: Ground,
  { tenantId, replayId, token }: HeldReplay,
  { now, leaseMs, limit }: Parameters<ReplayStore["step"]>[1],
): Promise<ReplayStep> {
  const { transaction, effects } = ground;
  const row = await lockOne(ground, { tenantId, replayId });
  if (row === null || row.claimedBy === null || row.token !== token) return { kind: "lost" };
  transaction.mark();
  const after =
    row.status === "preparing" ? await prepare(ground, row, limit) : await work(ground, row, { now, limit });
  const { next, changed, step } = steppedReplay(row, after, { now, leaseMs });
  transaction.send(saveReplays.text, [saveReplays.spell([next])]);
  if (changed) effects.replayChanged(tenantId, replayId);
  return step;
}

export async function releaseReplay({ transaction }: Ground, { tenantId, replayId, token }: HeldReplay) {
  transaction.send(free, [tenantId, replayId, token]);
}

async function lockOne(
  { transaction }: Ground,
  { tenantId, replayId }: ReplayKey,
): Promise<ReplayRow | null> {
  const [raw] = await transaction.ask(lockReplay, [tenantId, replayId]);
  return raw === undefined ? null : reader.read(raw);
}

async function prepare({ transaction }: Ground, row: ReplayRow, limit: number): Promise<ReplayRow> {
  const { from, until, after } = lookedThrough(row);
  const values = [row.tenantId, from, until, after.at, after.id, limit];
  const looked = await transaction.ask<LookedLetter>(lettersBy[row.plan.order], values);
  const { next, items } = preparedReplay(row, looked, limit);
  if (items.length > 0) transaction.send(insertItems.text, [insertItems.spell(items)]);
  return next;
}

async function work(
  ground: Ground,
  row: ReplayRow,
  { now, limit }: { readonly now: Instant; readonly limit: number },
): Promise<ReplayRow> {
  const { transaction } = ground;
  const { tenantId, id, plan } = row;
  const underWayItems = await transaction.ask<UnderWayItem>(selectUnderWay, [tenantId, id, lookedAtOnceMax]);
  const ended = endedItems(underWayItems);
  const seen = countedReplay(row, { ended, taken: [] }, now);
  const { underWay, nextAt } = seen;
  const makes = nextMakes({ ratePerSecond: plan.ratePerSecond, nextAt, underWay }, now, limit);
  const isOver = seen.claimedBy === null || isToStop(seen);
  const taken = isOver ? [] : await takeItems(ground, row, { now, count: makes.count });
  const changes = [...ended, ...taken];
  if (changes.length > 0) transaction.send(changeItems, [tenantId, id, JSON.stringify(changes)]);
  const made = taken.filter(({ state }) => state === "under_way").length;
  return { ...countedReplay(row, { ended, taken }, now), nextAt: makes.nextAtAfter(made) };
}
