// A replay: an operation that redelivers many dead letters, at a rate, in an order, until a rule stops it. It lives in the
// database: which process works it, and how often that changes, makes no difference to what is sent.
import type { DeliveryStatus } from "../delivery/delivery.ts";
import type { Selection } from "../delivery/delivery-filter.ts";
import type { AttemptCode } from "../delivery/outcome.ts";
import type { Instant } from "../ports/time.ts";

/**
 * `preparing → running → completed`. Both can be `paused`; a running one is `stopped` by its own rule; either is resumed, by
 * way of `preparing`, which finds that nothing is left to prepare. Until it is finished it can be `canceled`.
 */
export type ReplayStatus = "preparing" | "running" | "paused" | "stopped" | "completed" | "canceled";
export const replayStatuses: readonly ReplayStatus[] = [
  "preparing",
  "running",
  "paused",
  "stopped",
  "completed",
  "canceled",
];

/**
 * `waiting → under_way → delivered | failed`, by the attempt that the replay asked for; one that failed goes on by its own
 * schedule. `skipped`: there was nothing to redeliver any more when its turn came.
 */
export type ReplayItemState = "waiting" | "under_way" | "delivered" | "failed" | "skipped";
export const replayItemStates: readonly ReplayItemState[] = [
  "waiting",
  "under_way",
  "delivered",
  "failed",
  "skipped",
];

export interface ReplayPlan {
  readonly filter: Selection;
  readonly ratePerSecond: number;
  /** Which dead letters go first, by when they died. */
  readonly order: "oldest" | "newest";
  /** 0 … 1: it stops when more than this part of what it made has failed; null never does. */
  readonly stopAfterFailureRatio: number | null;
  readonly reason: string;
}

export interface ReplayCounts {
  /** Items that are fixed so far; all of them once it is no longer preparing. */
  readonly total: number;
  readonly waiting: number;
  readonly underWay: number;
  readonly delivered: number;
  readonly failed: number;
  readonly skipped: number;
}

export interface Replay extends ReplayPlan {
  readonly tenantId: string;
  readonly id: string;
  readonly status: ReplayStatus;
  readonly counts: ReplayCounts;
  readonly createdAt: Instant;
  readonly finishedAt: Instant | null;
  /** Grows with every visible change. */
  readonly version: number;
}

export const replayRateMax = 1_000;
export const replayRateDefault = 50;
/** Unfinished replays of one tenant. */
export const unfinishedReplaysMax = 20;

export function isReplayDone(status: ReplayStatus): boolean {
  return status === "completed" || status === "canceled";
}

export type ReplayVerb = "pause" | "resume" | "cancel";

/** The status after the verb, which is the same one when there was nothing to do; null when the replay is over. */
export function afterReplayVerb(status: ReplayStatus, verb: ReplayVerb): ReplayStatus | null {
  if (verb === "cancel") return status === "completed" ? null : "canceled";
  if (isReplayDone(status)) return null;
  if (verb === "resume") return status === "running" || status === "preparing" ? status : "preparing";
  return status === "stopped" ? "stopped" : "paused";
}

/** Two replays with the same selection would make each item twice. Spelled the same whatever order it was asked in. */
export function spellSelection(selection: Selection): string {
  return JSON.stringify(Object.entries(selection).toSorted(([left], [right]) => (left < right ? -1 : 1)));
}

/** With fewer judged than this, or than half of all, a ratio says nothing yet. */
const judgedMin = 20;

/** Judged is what has ended since the replay was made or resumed. */
export function mustStop(
  ratio: number | null,
  judged: { readonly delivered: number; readonly failed: number },
  total: number,
): boolean {
  const ended = judged.delivered + judged.failed;
  return (
    ratio !== null &&
    ended > 0 &&
    ended >= Math.min(judgedMin, Math.ceil(total / 2)) &&
    judged.failed / ended > ratio
  );
}

/**
 * How many items may be under way at once: ten seconds' worth. It keeps a receiver that is slower than the rate from having
 * everything due at once, and lets the stopping rule see what has become of the first ones.
 */
export function underWayMax(ratePerSecond: number): number {
  return Math.min(1_000, Math.max(20, ratePerSecond * 10));
}

/** What was not made in time is not made up for beyond this, in milliseconds. */
const burstMs = 1_000;

/** How many items may be made now, and from when on the next may be. */
export function nextMakes(
  {
    ratePerSecond,
    nextAt,
    underWay,
  }: { readonly ratePerSecond: number; readonly nextAt: Instant; readonly underWay: number },
  now: Instant,
  limit: number,
): { readonly count: number; readonly nextAtAfter: (made: number) => Instant } {
  const from = Math.max(nextAt, now - burstMs);
  const allowed = now < from ? 0 : Math.floor(((now - from) * ratePerSecond) / 1_000) + 1;
  const count = Math.max(0, Math.min(limit, allowed, underWayMax(ratePerSecond) - underWay));
  return {
    count,
    nextAtAfter: (made) => (made === 0 ? nextAt : from + Math.ceil((made * 1_000) / ratePerSecond)),
  };
}

/** What became of an item that is under way. `delivery` is null when it has been deleted meanwhile. */
export function itemAfter(
  delivery: {
    readonly status: DeliveryStatus;
    readonly attempts: number;
    readonly code: AttemptCode | null;
  } | null,
  attemptsBefore: number,
): ReplayItemState {
  if (delivery === null) return "skipped";
  const { status, attempts, code } = delivery;
  if (attempts <= attemptsBefore) return status === "canceled" ? "failed" : "under_way";
  if (status === "delivered") return "delivered";
  // An attempt of which nothing is known is made again at once.
  return status === "pending" && code === "outcome_unknown" ? "under_way" : "failed";
}
