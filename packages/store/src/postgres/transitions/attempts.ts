// Records ended attempts and applies what comes of their deliveries: retry, delivered, or dead with its dead letter.
import { afterAttempt, makeId, type AfterAttempt, type AttemptRecord, type Instant } from "@ringback/core";
import { keyOf } from "../draft.ts";
import type { Ground } from "../ground.ts";
import type { LaneKey } from "../lane-draft.ts";
import type { DeliveryRow } from "../nouns.ts";
import { rowReader } from "../rows.ts";
import { delivery } from "../schema.ts";
import { afterAttemptRow, attemptRow, faultEnd, unknownEnd, type EndedRecord } from "../states.ts";
import { pauseEndpoints } from "./endpoint-rows.ts";
import type { AtTime } from "./intake.ts";
import { isHeld, type LockedLanes } from "./lane-locks.ts";
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
  const rows = (await ground.transaction.ask(lockDeliveries, spelled(keys))).map(reader.read);
  return new Map(rows.map((row) => [keyOf(row.tenantId, row.id), row]));
}

function spelled(keys: readonly DeliveryKey[]): readonly (readonly string[])[] {
  return [keys.map(({ tenantId }) => tenantId), keys.map(({ deliveryId }) => deliveryId)];
}

/** The items' jobs and lanes are locked already. */
export async function recordAttempts(
  ground: Ground,
  items: readonly AtTime<AttemptRecord>[],
  locked: LockedLanes,
): Promise<("recorded" | "lost")[]> {
  if (items.length === 0) return [];
  const rows = await lockDeliveriesOf(
    ground,
    items.map(({ item }) => ({ tenantId: item.lane.tenantId, deliveryId: item.deliveryId })),
  );
  const gone: { readonly tenantId: string; readonly endpointId: string; readonly now: Instant }[] = [];
  const answers = items.map(({ item, now }) => {
    const { lane, n, ended } = item;
    const key = keyOf(lane.tenantId, item.deliveryId);
    const row = rows.get(key);
    if (!isHeld(locked, lane) || row === undefined || row.laneId !== lane.laneId) return "lost";
    if (row.attemptStartedAt === null || row.attempts + 1 !== n) return "lost";
    const { next, after } = apply(ground, row, { ended: item, now });
    rows.set(key, after);
    if (ended.code === "gone" && row.endpointId !== null) {
      gone.push({ tenantId: row.tenantId, endpointId: row.endpointId, now });
    }
    if (next.status === "pending") ground.draft.laneSooner(lane, next.dueAt);
    return "recorded";
  });
  if (gone.length > 0) await pauseEndpoints(ground, gone);
  return answers;
}

/** Records what was in flight in lanes whose holders are gone; how many that were. The lanes are to be recounted after it. */
export async function recordUnknown(
  ground: Ground,
  lanes: readonly { readonly item: LaneKey; readonly now: Instant }[],
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
  for (const row of rows) {
    const now = times.get(keyOf(row.tenantId, row.laneId)) ?? row.createdAt;
    const attemptId = makeId("att", now, ground.random);
    apply(ground, row, { ended: unknownEnd(row, { attemptId, policy: policyOf(row), now }), now });
  }
  return rows.length;
}

/** Attempts that could not even begin, for a reason of ours; their lanes are to be recounted after it. */
export async function recordFaults(
  ground: Ground,
  faults: readonly { readonly row: DeliveryRow; readonly detail: string; readonly now: Instant }[],
): Promise<void> {
  if (faults.length === 0) return;
  const policyOf = await policiesOf(
    ground,
    faults.map(({ row }) => row),
  );
  for (const { row, detail, now } of faults) {
    const begun = { ...row, attemptStartedAt: now };
    const attemptId = makeId("att", now, ground.random);
    apply(ground, begun, { ended: faultEnd(begun, { attemptId, policy: policyOf(row), now, detail }), now });
  }
}

/** Applies the attempt to the delivery it was made for. */
function apply(
  { draft, random, effects }: Ground,
  row: DeliveryRow,
  { ended, now }: { readonly ended: EndedRecord; readonly now: Instant },
): { readonly next: AfterAttempt; readonly after: DeliveryRow } {
  const { roundFailures, redeliverRequested } = row;
  const ledger = { roundFailures, redeliverRequested, policy: ended.policy };
  const next = afterAttempt(ledger, ended.ended, { now, random });
  draft.insertAttempt(attemptRow(row, ended, next));
  effects.count("attempt_recorded", ended.ended.code);
  if (next.status !== "pending") effects.count("delivery_finished", next.status);
  const after = afterAttemptRow(row, ended, { next, now });
  draft.saveDelivery(after, row);
  if (next.status === "dead") draft.bury(after, { detail: ended.detail, now });
  if (next.status === "delivered") draft.resolve(after, now);
  return { next, after };
}
