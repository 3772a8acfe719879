// The states of replays and of their items, written into columns. Twin file: byte-identical for every dialect.
//
// What is decided lies in core (`afterReplayVerb`, `nextMakes`, `mustStop`, `itemAfter`).
import {
  afterReplayVerb,
  isReplayDone,
  isSelected,
  itemAfter,
  mustStop,
  spellSelection,
  underWayMax,
  type DeliveryStatus,
  type Instant,
  type ReplayItemState,
  type ReplayPlan,
  type ReplayStep,
  type ReplayVerb,
  type Selectable,
} from "@ringback/core";
import type { DeliveryRow, ReplayRow } from "./nouns.ts";
import type { replayItem } from "./schema.ts";

export type ReplayItemRow = typeof replayItem.$inferSelect;

/** How many items that are under way one step looks at: all there can be. */
export const lookedAtOnceMax = 1_000;

export function newReplay(
  {
    tenantId,
    id,
    filter,
    ratePerSecond,
    order,
    stopAfterFailureRatio,
    reason,
  }: ReplayPlan & {
    readonly tenantId: string;
    readonly id: string;
  },
  now: Instant,
): ReplayRow {
  return {
    tenantId,
    id,
    status: "preparing",
    plan: { filter, ratePerSecond, order, stopAfterFailureRatio, reason },
    selection: spellSelection(filter),
    total: 0,
    waiting: 0,
    underWay: 0,
    delivered: 0,
    failed: 0,
    skipped: 0,
    ...unjudged,
    lookedAt: null,
    lookedId: null,
    nextAt: now,
    ...unheld,
    token: 0,
    createdAt: now,
    finishedAt: null,
    version: 1,
  };
}

const unjudged = { judgedDelivered: 0, judgedFailed: 0 } as const;
const unheld = { claimedBy: null, leaseUntil: null } as const;

/** The row after the verb, which is the same one when there was nothing to do; null when the replay is over. */
export function changedReplay(row: ReplayRow, verb: ReplayVerb, now: Instant): ReplayRow | null {
  const status = afterReplayVerb(row.status, verb);
  if (status === null || status === row.status) return status === null ? null : row;
  const finishedAt = isReplayDone(status) ? now : null;
  // What had failed before it was resumed is known to whoever resumed it.
  const judged = verb === "resume" ? { ...unjudged, nextAt: now } : {};
  return { ...row, ...judged, ...unheld, status, finishedAt, version: row.version + 1 };
}

/** Which open dead letters are still to be looked through: those that had died when the replay was made. */
export function lookedThrough({ plan, createdAt, lookedAt, lookedId }: ReplayRow) {
  const { from = 0, until = createdAt + 1 } = plan.filter;
  const start = plan.order === "oldest" ? { at: -1, id: "" } : { at: Number.MAX_SAFE_INTEGER, id: "" };
  const after = lookedAt === null || lookedId === null ? start : { at: lookedAt, id: lookedId };
  return { from, until: Math.min(until, createdAt + 1), after };
}

/** An open dead letter as it is read to find out whether it becomes an item. */
export interface LookedLetter {
  readonly id: string;
  readonly eventId: string;
  readonly jobId: string | null;
  readonly endpointId: string | null;
  readonly host: string;
  readonly url: string;
  readonly reason: Selectable["reason"];
  readonly httpStatus: number | null;
  readonly diedAt: Instant;
}

/** Fixes the next items: those of `letters` that are selected. With fewer than `limit` of them there are no more. */
export function preparedReplay(
  row: ReplayRow,
  letters: readonly LookedLetter[],
  limit: number,
): { readonly next: ReplayRow; readonly items: readonly ReplayItemRow[] } {
  const { tenantId, id: replayId, plan } = row;
  const selected = letters.filter((letter) =>
    isSelected(plan.filter, { ...letter, delivery: letter, at: letter.diedAt }),
  );
  const items = selected.map(({ id: deliveryId }, at) => {
    const n = row.total + at + 1;
    return { tenantId, replayId, deliveryId, n, state: "waiting" as const, attemptsBefore: null };
  });
  const last = letters.at(-1);
  const next: ReplayRow = {
    ...row,
    total: row.total + items.length,
    waiting: row.waiting + items.length,
    lookedAt: last?.diedAt ?? row.lookedAt,
    lookedId: last?.id ?? row.lookedId,
    status: letters.length < limit ? "running" : "preparing",
  };
  return { next, items };
}

/** An item that is under way, beside what has become of its delivery; null where that has been deleted. */
export interface UnderWayItem {
  readonly deliveryId: string;
  readonly attemptsBefore: number;
  readonly status: DeliveryStatus | null;
  readonly attempts: number | null;
  readonly code: DeliveryRow["code"];
}

export interface ItemChange {
  readonly deliveryId: string;
  readonly state: ReplayItemState;
  /** Of an item that has been made just now. */
  readonly attemptsBefore: number | null;
}

/** Items of which something has become since. */
export function endedItems(items: readonly UnderWayItem[]): ItemChange[] {
  return items.flatMap(({ deliveryId, attemptsBefore, status, attempts, code }) => {
    const known = status === null || attempts === null ? null : { status, attempts, code };
    const state = itemAfter(known, attemptsBefore);
    return state === "under_way" ? [] : [{ deliveryId, state, attemptsBefore: null }];
  });
}

/** The row after items have gone from one state to another, stopped by its rule or completed if that is what follows. */
export function countedReplay(
  row: ReplayRow,
  { ended, taken }: { readonly ended: readonly ItemChange[]; readonly taken: readonly ItemChange[] },
  now: Instant,
): ReplayRow {
  const of = (changes: readonly ItemChange[], state: ReplayItemState): number =>
    changes.filter((change) => change.state === state).length;
  const [delivered, failed] = [of(ended, "delivered"), of(ended, "failed")];
  const counted: ReplayRow = {
    ...row,
    waiting: row.waiting - taken.length,
    underWay: row.underWay - ended.length + of(taken, "under_way"),
    delivered: row.delivered + delivered,
    failed: row.failed + failed,
    skipped: row.skipped + of(ended, "skipped") + of(taken, "skipped"),
    judgedDelivered: row.judgedDelivered + delivered,
    judgedFailed: row.judgedFailed + failed,
  };
  if (counted.waiting === 0 && counted.underWay === 0) {
    return { ...counted, ...unheld, status: "completed", finishedAt: now };
  }
  return isToStop(counted) ? { ...counted, ...unheld, status: "stopped" } : counted;
}

/** Looked at before more are made, and with nothing left to make there is nothing to stop. */
export function isToStop({ plan, judgedDelivered, judgedFailed, total, waiting }: ReplayRow): boolean {
  const judged = { delivered: judgedDelivered, failed: judgedFailed };
  return waiting > 0 && mustStop(plan.stopAfterFailureRatio, judged, total);
}

/** Whether the next item's turn has come: its delivery is still dead, and its dead letter open. */
export function isStillDead(
  delivery: Pick<DeliveryRow, "status"> | undefined,
  letterState: string | undefined,
): boolean {
  return delivery?.status === "dead" && letterState === "open";
}

const visible = ["status", "total", "waiting", "underWay", "delivered", "failed", "skipped"] as const;

/** The row to save after a step, and what is told of the step. */
export function steppedReplay(
  before: ReplayRow,
  after: ReplayRow,
  { now, leaseMs }: { readonly now: Instant; readonly leaseMs: number },
): { readonly next: ReplayRow; readonly changed: boolean; readonly step: ReplayStep } {
  const changed = visible.some((name) => before[name] !== after[name]);
  const isHeld = after.claimedBy !== null;
  const leaseUntil = isHeld ? now + leaseMs : null;
  const next = { ...after, leaseUntil, version: before.version + Number(changed) };
  if (!isHeld) return { next, changed, step: { kind: "over" } };
  return { next, changed, step: { kind: "working", changed, goesOn: goesOn(next) } };
}

function goesOn({
  status,
  waiting,
  underWay,
  plan,
  nextAt,
}: ReplayRow): "at_once" | "by_looking" | { at: Instant } {
  if (status === "preparing") return "at_once";
  return waiting > 0 && underWay < underWayMax(plan.ratePerSecond) ? { at: nextAt } : "by_looking";
}

/** Everything about a replay that changes after it was made. */
export const replayChanging = [
  "status",
  "total",
  "waiting",
  "underWay",
  "delivered",
  "failed",
  "skipped",
  "judgedDelivered",
  "judgedFailed",
  "lookedAt",
  "lookedId",
  "nextAt",
  "claimedBy",
  "leaseUntil",
  "finishedAt",
  "version",
] as const satisfies readonly (keyof ReplayRow)[];
