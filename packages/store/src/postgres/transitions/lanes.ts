// Leases lanes to dispatchers and claims their deliveries. Every write is fenced by the token of the lane's claim.
import {
  claimRoom,
  isOverdue,
  type ClaimedDeliveries,
  type ClaimedDelivery,
  type HeldLane,
  type Instant,
  type LaneStore,
} from "@ringback/core";
import { heldMs, isSameMemory, laneAfterClaim, laneNow, paceToTell, spreadLane } from "../../lane-state.ts";
import { keyOf } from "../draft.ts";
import type { Ground } from "../ground.ts";
import { lockLanes, spellKeys } from "../lane-draft.ts";
import { paceOf, type DeliveryRow, type LaneRow } from "../nouns.ts";
import { rowReader, type RawRow } from "../rows.ts";
import { delivery, lane as laneTable } from "../schema.ts";
import { recordFaults, recordUnknown } from "./attempts.ts";
import { heldLane, isHeld, lockLanesOf, type LockedLanes } from "./lane-locks.ts";
import {
  callbackColumns,
  receiverFrom,
  receiversOfLanes,
  splitCallback,
  type JobCallback,
  type LaneReceivers,
  type ReceiverNow,
  type ReceiverOf,
} from "./receivers.ts";
import type { Lease } from "./runs.ts";

export interface ClaimCall {
  readonly lane: HeldLane;
  readonly now: Instant;
  readonly limit: number;
  readonly inFlight: number;
}

const reader = rowReader(delivery);
/** The columns of a delivery and, beside them, its event's body and its job's callback. */
const dueColumns = `${reader.list}, e.body as body, ${callbackColumns}`;
const itsEventAndJob = `left join event as e on e.tenant_id = t.tenant_id and e.id = t.event_id
  left join job as j on j.tenant_id = t.tenant_id and j.id = t.job_id`;

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
// A holder that is lost has served it until its lease ran out, and nobody since.
const free = `update lane as t set claimed_by = null, lease_until = null, served_at = least(v.now, t.lease_until)
  from json_to_recordset($1::json) as v("tenantId" text, "laneId" text, now bigint)
  where t.tenant_id = v."tenantId" and t.id = v."laneId"`;
const selectDeliveries = `select v.n as call, ${dueColumns}
  from json_to_recordset($1::json) as v(n bigint, "tenantId" text, "laneId" text, now bigint, "limit" bigint)
  cross join lateral (
    select * from delivery as d
    where d.tenant_id = v."tenantId" and d.lane_id = v."laneId" and d.status = 'pending'
      and d.attempt_started_at is null and d.due_at <= v.now
    order by d.due_at, d.id limit v."limit"
  ) as t ${itsEventAndJob} order by v.n, t.due_at, t.id`;
// What became due within one millisecond is in the order of its events.
const selectNext = `select ${dueColumns} from delivery as t ${itsEventAndJob}
  where t.tenant_id = $1 and t.lane_id = $2 and t.status = 'pending' and t.attempt_started_at is null
    and t.due_at <= $3 and case when $4::text is null then t.due_at = (
      select min(d.due_at) from delivery as d
      where d.tenant_id = $1 and d.lane_id = $2 and d.status = 'pending' and d.attempt_started_at is null
    ) else t.id = $4 end
  order by e.seq limit 1`;
const selectInFlight = `select t.id from delivery as t
  where t.tenant_id = $1 and t.lane_id = $2 and t.attempt_started_at is not null`;
const countDue = `select count(*) as due from (
    select 1 from delivery as d where d.tenant_id = $1 and d.lane_id = $2 and d.status = 'pending'
      and d.attempt_started_at is null and d.due_at <= $3 limit 1000000
  ) as counted`;
const start = `update delivery as t set attempt_started_at = v.now
  from json_to_recordset($1::json) as v("tenantId" text, id text, now bigint)
  where t.tenant_id = v."tenantId" and t.id = v.id`;
const laneReader = rowReader(laneTable);
const lockLapsed = `select ${laneReader.list} from lane as t
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
  if (held.length > 0) await giveBack(ground, held, locked);
}

/** Frees lanes whose lease has run out, or whose holder is not `soleHolder`; at most `limit`. */
export async function recoverLanes(
  ground: Ground,
  options: { readonly now: Instant; readonly soleHolder?: string; readonly limit: number },
): Promise<{ readonly lanes: number; readonly attempts: number }> {
  const { now, soleHolder, limit } = options;
  const rows = await ground.transaction.ask(lockLapsed, [now, soleHolder ?? null, limit]);
  if (rows.length === 0) return { lanes: 0, attempts: 0 };
  const lapsed = rows.map(laneReader.read);
  const locked = new Map(lapsed.map((row) => [keyOf(row.tenantId, row.id), row]));
  const held = lapsed.map(({ tenantId, id: laneId, token }) => ({ item: { tenantId, laneId, token }, now }));
  return { lanes: lapsed.length, attempts: await giveBack(ground, held, locked) };
}

/** Gives back lanes that are locked; how many attempts were in flight. */
async function giveBack(
  ground: Ground,
  held: readonly { readonly item: HeldLane; readonly now: Instant }[],
  locked: LockedLanes,
): Promise<number> {
  const freed = held.map(({ item: { tenantId, laneId }, now }) => ({ tenantId, laneId, now }));
  ground.transaction.send(free, [JSON.stringify(freed)]);
  const unknown = await recordUnknown(ground, held, locked);
  for (const { item } of held) ground.draft.recountLane(item, { ring: true });
  return unknown;
}

/** What is due in a lane, with what it takes to send it. */
interface DueDelivery {
  readonly row: DeliveryRow;
  /** Null when its event is gone. */
  readonly body: string | null;
  /** Null when it has no job, or its job is gone. */
  readonly callback: JobCallback | null;
}

/** What was found for claims before it was known what each of them may have. */
export interface FoundDue {
  /** What is due for each of the calls, as far as their limits go. */
  readonly deliveries: ReadonlyMap<number, readonly DueDelivery[]>;
  readonly receivers: LaneReceivers;
}

const nothingDue: FoundDue = { deliveries: new Map(), receivers: { endpoints: new Map(), secrets: [] } };

/**
 * Looks for what is due for these calls, whose lanes are locked by now or by what was sent before, and for what it takes to send
 * it. It does not know yet how many of it a lane may have, nor that the order of a lane may forbid all but one: that is chosen
 * from it later.
 */
export async function findDue(ground: Ground, calls: readonly ClaimCall[]): Promise<FoundDue> {
  if (calls.length === 0) return nothingDue;
  const lanes = calls.map(({ lane }) => lane);
  const [deliveries, receivers] = await Promise.all([
    findDeliveries(ground, calls),
    receiversOfLanes(ground, lanes),
  ]);
  return { deliveries, receivers };
}

async function findDeliveries(
  { transaction }: Ground,
  calls: readonly ClaimCall[],
): Promise<FoundDue["deliveries"]> {
  const asked = calls.map(({ lane: { tenantId, laneId }, now, limit }, n) => ({
    n,
    tenantId,
    laneId,
    now,
    limit,
  }));
  const found = new Map<number, DueDelivery[]>();
  for (const { call, ...raw } of await transaction.ask(selectDeliveries, [JSON.stringify(asked)])) {
    const known = found.get(Number(call));
    if (known === undefined) found.set(Number(call), [readDueDelivery(raw)]);
    else known.push(readDueDelivery(raw));
  }
  return found;
}

function readDueDelivery({ body, ...raw }: RawRow): DueDelivery {
  const { columns, callback } = splitCallback(raw);
  return { row: reader.read(columns), body: typeof body === "string" ? body : null, callback };
}

/** The calls' lanes are locked already, and `due` was found after it; `locked` has the lanes as they are after it. */
export async function claimDeliveries(
  ground: Ground,
  calls: readonly ClaimCall[],
  { locked, due }: { readonly locked: LockedLanes; readonly due: FoundDue },
): Promise<ClaimedDeliveries[]> {
  const open = await Promise.all(calls.map((call) => openClaim(ground, call, locked)));
  const found = await choose(ground, open, due.deliveries);
  const claimedByCall = calls.map((): ClaimedDelivery[] => []);
  const receiverOf = receiverFrom(ground, due.receivers);
  if (found.length > 0) await startAll(ground, { open, found, receiverOf, claimedByCall, locked });
  return calls.map((call, n) => {
    const one = open[n] ?? null;
    const lane = heldLane(locked, call.lane);
    if (lane === null) return { kind: "lost" };
    const deliveries = claimedByCall[n] ?? [];
    // It is paused, and has a pace to keep, so that what was claimed ahead is given back.
    if (one === null) return { kind: "claimed", deliveries, pace: paceOf(lane) };
    const after = deliveries.length === 0 ? one.after : laneAfterClaim(one.after, call.now);
    if (!isSameMemory(after, one.earlier)) {
      ground.draft.saveLane(after);
      locked.set(keyOf(after.tenantId, after.id), after);
    }
    return { kind: "claimed", deliveries, pace: paceToTell(after) };
  });
}

/** A claim on a lane that is held and not paused. */
interface OpenClaim {
  readonly call: ClaimCall;
  readonly earlier: LaneRow;
  after: LaneRow;
  /** How many may be claimed. */
  readonly room: number;
}

async function openClaim(ground: Ground, call: ClaimCall, locked: LockedLanes): Promise<OpenClaim | null> {
  const { now, limit, inFlight } = call;
  const earlier = heldLane(locked, call.lane);
  if (earlier === null || earlier.paused) return null;
  const after = await lookedAfter(ground, laneNow(earlier, now), now);
  return { call, earlier, after, room: claimRoom(paceOf(after), { limit, inFlight, now }) };
}

/** A backlog that nobody has looked after is spread. */
async function lookedAfter({ transaction }: Ground, lane: LaneRow, now: Instant): Promise<LaneRow> {
  if (lane.health?.spread || !isOverdue(lane, now)) return lane;
  const [row] = await transaction.ask<{ due: number }>(countDue, [lane.tenantId, lane.id, now]);
  return spreadLane(lane, row?.due ?? 0, now);
}

interface Found extends DueDelivery {
  /** Which of the calls it is for. */
  readonly call: number;
}

/** Of what was found due, what each claim has room for; of an ordered lane, its next one. */
async function choose(
  ground: Ground,
  open: readonly (OpenClaim | null)[],
  due: FoundDue["deliveries"],
): Promise<Found[]> {
  const chosen = open.map(async (one, call): Promise<Found[]> => {
    if (one === null || one.room === 0) return [];
    const found = one.after.ordered ? await findNext(ground, one) : (due.get(call) ?? []).slice(0, one.room);
    return found.map((delivered) => ({ ...delivered, call }));
  });
  return (await Promise.all(chosen)).flat();
}

/** Of an ordered lane: the next one, and none while it has one in flight. */
async function findNext({ transaction, draft }: Ground, { after, call }: OpenClaim): Promise<DueDelivery[]> {
  const { tenantId, id, headId } = after;
  const inFlight = await transaction.ask<{ id: string }>(selectInFlight, [tenantId, id]);
  // What has ended in this very transaction is not in flight any more, but is written later.
  if (inFlight.some((row) => draft.savedDelivery(tenantId, row.id) === undefined)) return [];
  return (await transaction.ask(selectNext, [tenantId, id, call.now, headId])).map(readDueDelivery);
}

async function startAll(
  ground: Ground,
  claim: {
    readonly open: readonly (OpenClaim | null)[];
    readonly found: readonly Found[];
    readonly receiverOf: ReceiverOf;
    readonly claimedByCall: readonly ClaimedDelivery[][];
    readonly locked: LockedLanes;
  },
): Promise<void> {
  const { open, found, receiverOf, claimedByCall, locked } = claim;
  const { draft } = ground;
  const started = new Set<string>();
  const faults: { readonly row: DeliveryRow; readonly detail: string; readonly now: Instant }[] = [];
  for (const { call, row, body, callback } of found) {
    const one = open[call];
    // Two calls for one lane in one transaction: the first one has it.
    if (!one || started.has(keyOf(row.tenantId, row.id))) continue;
    started.add(keyOf(row.tenantId, row.id));
    const { now } = one.call;
    const receiver = receiverOf(row, callback, now);
    if (!("unreadable" in receiver) && body !== null) {
      claimedByCall[call]?.push(claimedDelivery(row, { body, now, receiver }));
      draft.recountLane(row, { ring: false });
      continue;
    }
    // Its holder goes by how many it was given, so it is told that more is due, now or as a retry.
    draft.recountLane(row, { ring: true });
    if ("unreadable" in receiver && receiver.isHeld) {
      // What is owed to one endpoint shares its secret; of the others each may have its own, and must not stand before sound ones.
      if (row.endpointId === null) draft.saveDelivery({ ...row, dueAt: now + heldMs }, row);
      else one.after = { ...one.after, notBefore: now + heldMs };
      continue;
    }
    const detail = "unreadable" in receiver ? receiver.unreadable : "Its event is gone, so nothing was sent.";
    faults.push({ row, detail, now });
  }
  await recordFaults(ground, faults, locked);
  for (const one of open) {
    if (!one) continue;
    const { headId = null } = locked.get(keyOf(one.after.tenantId, one.after.id)) ?? {};
    one.after = { ...one.after, headId };
  }
  sendStarts(ground, claimedByCall.flat());
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

function fenceOf({ tenantId, laneId, token }: HeldLane): string {
  return `${token} ${keyOf(tenantId, laneId)}`;
}
