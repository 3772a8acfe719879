// Records ended attempts and applies what comes of their deliveries: retry, delivered, or dead with its dead letter.
import { afterAttempt, makeId, type AttemptRecord, type Instant } from "@ringback/core";
import { isLastAttempt, isSameMemory, laneAfterAttempts, type EndedDelivery } from "../../lane-state.ts";
import { keyOf } from "../draft.ts";
import type { Ground } from "../ground.ts";
import type { LaneKey } from "../lane-draft.ts";
import type { DeliveryRow, LaneRow } from "../nouns.ts";
import { rowReader } from "../rows.ts";
import { delivery } from "../schema.ts";
import {
  afterAttemptRow,
  attemptRow,
  faultEnd,
  isInFlight,
  unknownEnd,
  type EndedRecord,
} from "../attempt-states.ts";
import { pauseEndpoints, type EndpointPause } from "./endpoint-rows.ts";
import type { AtTime } from "../at-time.ts";
import { isHeld, type LockedLanes } from "./lane-locks.ts";
import { tellOperators, type Telling } from "./operational.ts";
import { policiesOf } from "./receivers.ts";

export interface DeliveryKey {
  readonly tenantId: string;
  readonly deliveryId: string;
}

const reader = rowReader(delivery);
const asKeys = "(select * from unnest($1::text[], $2::text[]))";
const lockTheirJobs = `select 1 from job as t where (t.tenant_id, t.id) in (
    select d.tenant_id, d.job_id from delivery as d where (d.tenant_id, d.id) in ${asKeys} and d.for_callback
  ) order by t.tenant_id, t.id for no key update`;
const lockDeliveries = `select ${reader.list} from delivery as t where (t.tenant_id, t.id) in ${asKeys}
  order by t.tenant_id, t.id for no key update`;
const lockInFlight = `select ${reader.list} from delivery as t
  where (t.tenant_id, t.lane_id) in ${asKeys} and t.attempt_started_at is not null
  order by t.tenant_id, t.id for no key update`;

/** The jobs whose counts these deliveries may move are locked first, before any lane: see `draft.ts`. */
export function sendJobLocks({ transaction }: Ground, keys: readonly DeliveryKey[]): void {
  transaction.send(lockTheirJobs, spelled(keys));
}

export async function lockDeliveriesOf(
  ground: Ground,
  keys: readonly DeliveryKey[],
): Promise<Map<string, DeliveryRow>> {
  if (keys.length === 0) return new Map();
  const rows = (await ground.transaction.ask(lockDeliveries, spelled(keys))).map(reader.read);
  return new Map(rows.map((row) => [keyOf(row.tenantId, row.id), row]));
}

function spelled(keys: readonly DeliveryKey[]): readonly (readonly string[])[] {
  return [keys.map(({ tenantId }) => tenantId), keys.map(({ deliveryId }) => deliveryId)];
}

/**
 * The items' jobs, lanes and deliveries are locked already; `locked` has the lanes as they are after it, `rows` the deliveries
 * as they were before.
 */
export async function recordAttempts(
  ground: Ground,
  items: readonly AtTime<AttemptRecord>[],
  { locked, rows }: { readonly locked: LockedLanes; readonly rows: Map<string, DeliveryRow> },
): Promise<("recorded" | "lost")[]> {
  if (items.length === 0) return [];
  const made: MadeAttempt[] = [];
  const answers = items.map(({ item, now }) => {
    const { lane, n } = item;
    const key = keyOf(lane.tenantId, item.deliveryId);
    const row = rows.get(key);
    if (!isHeld(locked, lane) || row === undefined || row.laneId !== lane.laneId) return "lost";
    if (!isInFlight(row, n)) return "lost";
    // What is brought a second time finds nothing in flight.
    rows.delete(key);
    made.push({ row, ended: item, now });
    return "recorded";
  });
  await apply(ground, made, locked, { isRecounted: false });
  return answers;
}

/** Records what was in flight in lanes whose holders are gone; how many that were. The lanes are to be recounted after it. */
export async function recordUnknown(
  ground: Ground,
  lanes: readonly { readonly item: LaneKey; readonly now: Instant }[],
  locked: LockedLanes,
): Promise<number> {
  const rows = (
    await ground.transaction.ask(lockInFlight, [
      lanes.map(({ item }) => item.tenantId),
      lanes.map(({ item }) => item.laneId),
    ])
  ).map(reader.read);
  if (rows.length === 0) return 0;
  const policyOf = await policiesOf(ground, rows);
  const times = new Map(lanes.map(({ item, now }) => [keyOf(item.tenantId, item.laneId), now]));
  const made = rows.map((row) => {
    const now = times.get(keyOf(row.tenantId, row.laneId)) ?? row.createdAt;
    const attemptId = makeId("att", now, ground.random);
    return { row, ended: unknownEnd(row, { attemptId, policy: policyOf(row), now }), now };
  });
  await apply(ground, made, locked, { isRecounted: true });
  return rows.length;
}

/** Attempts that could not even begin, for a reason of ours; their lanes are to be recounted after it. */
export async function recordFaults(
  ground: Ground,
  faults: readonly { readonly row: DeliveryRow; readonly detail: string; readonly now: Instant }[],
  locked: LockedLanes,
): Promise<void> {
  if (faults.length === 0) return;
  const policyOf = await policiesOf(
    ground,
    faults.map(({ row }) => row),
  );
  const made = faults.map(({ row, detail, now }) => {
    const begun = { ...row, attemptStartedAt: now };
    const attemptId = makeId("att", now, ground.random);
    return { row: begun, ended: faultEnd(begun, { attemptId, policy: policyOf(row), now, detail }), now };
  });
  await apply(ground, made, locked, { isRecounted: true });
}

/** An attempt that has ended, and the row of its delivery before that. */
interface MadeAttempt {
  readonly row: DeliveryRow;
  readonly ended: EndedRecord;
  readonly now: Instant;
}

/**
 * Applies attempts, each to the delivery it was made for, and what they say together to their lanes. With `isRecounted` the
 * caller recounts the lanes after it.
 */
async function apply(
  ground: Ground,
  made: readonly MadeAttempt[],
  locked: LockedLanes,
  { isRecounted }: { readonly isRecounted: boolean },
): Promise<void> {
  const tellings: Telling[] = [];
  const pauses: EndpointPause[] = [];
  for (const ofLane of Map.groupBy(made, ({ row }) => keyOf(row.tenantId, row.laneId)).values()) {
    const [{ row: first, now }] = ofLane as [MadeAttempt, ...MadeAttempt[]];
    const lane = locked.get(keyOf(first.tenantId, first.laneId));
    if (lane === undefined) throw new Error(`The lane ${first.laneId} is not locked.`);
    const ended = ofLane.map((one) => applyOne(ground, one, { lane, tellings }));
    const { lane: after, warning, pauses: isFailing } = laneAfterAttempts(lane, ended, { ...ground, now });
    if (!isSameMemory(after, lane)) {
      ground.draft.saveLane(after);
      locked.set(keyOf(after.tenantId, after.id), after);
    }
    // The order, and a breaker that has opened, may have moved what the lane waits for to either side.
    if (lane.ordered || after.notBefore !== lane.notBefore) {
      ground.draft.recountLane(first, { ring: true });
    } else if (!isRecounted) {
      for (const { next } of ended) if (next.status === "pending") ground.draft.laneSooner(first, next.dueAt);
    }
    const { tenantId, endpointId } = lane;
    if (endpointId === null || lane.id !== endpointId) continue;
    if (warning !== null) tellings.push({ kind: "failing", tenantId, endpointId, warning, now });
    if (isFailing) pauses.push({ tenantId, endpointId, reason: "failing", now });
    if (ended.some(({ ended: end }) => end.code === "gone")) {
      pauses.push({ tenantId, endpointId, reason: "gone", now });
    }
  }
  for (const paused of await pauseEndpoints(ground, pauses)) {
    const { tenantId, endpointId } = paused;
    const key = keyOf(tenantId, endpointId);
    const lane = locked.get(key);
    if (lane !== undefined) locked.set(key, { ...lane, paused: true });
    tellings.push({ kind: "paused", ...paused });
  }
  await tellOperators(ground, tellings);
}

function applyOne(
  { draft, random, effects }: Ground,
  { row, ended, now }: MadeAttempt,
  { lane, tellings }: { readonly lane: LaneRow; readonly tellings: Telling[] },
): EndedDelivery {
  const { roundFailures, redeliverRequested } = row;
  const isLast = isLastAttempt(lane, row.eventType);
  const ledger = { roundFailures, redeliverRequested, isLast, policy: ended.policy };
  const next = afterAttempt(ledger, ended.ended, { now, random });
  draft.insertAttempt(attemptRow(row, ended, next));
  effects.count("attempt_recorded", ended.ended.code);
  if (next.status !== "pending") effects.count("delivery_finished", next.status);
  const after = afterAttemptRow(row, ended, { next, now });
  draft.saveDelivery(after, row);
  if (next.status === "dead") {
    draft.bury(after, { detail: ended.detail, now });
    tellings.push({ kind: "died", tenantId: row.tenantId, row: after, now });
  }
  if (next.status === "delivered") draft.resolve(after, now);
  return { deliveryId: row.id, ended: ended.ended, next };
}
