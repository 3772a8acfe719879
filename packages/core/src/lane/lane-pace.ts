// Decides how many of a lane's deliveries may be claimed now, and when the next ones may: concurrency, rate, breaker, order.
import { breakerFailures, type LaneHealth, type Spread } from "./lane-health.ts";
import type { Instant } from "../ports/time.ts";

/** How a lane may be served. An inline callback's lane has no limits of its own. */
export interface LanePace {
  readonly maxInFlight: number | null;
  readonly ratePerSecond: number | null;
  readonly ordered: boolean;
  readonly health: LaneHealth | null;
  /** Nothing is claimed before then; null when nothing forbids it. */
  readonly notBefore: Instant | null;
}

/** Attempts in flight at once where the endpoint does not say. */
export const laneSlotsDefault = breakerFailures;

/** How long a backlog is spread: ten minutes … */
export const spreadMs = 10 * 60_000;
/** … when it has been due for so long while nobody served its lane … */
export const overdueMs = 5 * 60_000;
/** … and holds more than one delivery for every 10 s of that. */
export const spreadMin = 60;

/** Batches of a lane with a rate, per second: small enough to be even, few enough to be cheap. */
const batchesPerSecondMax = 20;

/** How many attempts the lane may have in flight now; null when only the dispatcher's own number limits it. */
export function slotsOf({ maxInFlight, ordered, health }: LanePace): number | null {
  const limits = [maxInFlight, ordered ? 1 : null, health?.probes ?? null].filter((limit) => limit !== null);
  return limits.length === 0 ? null : Math.min(...limits);
}

/** How many more may be claimed now. */
export function claimRoom(
  pace: LanePace,
  asked: { readonly limit: number; readonly inFlight: number; readonly now: Instant },
): number {
  const { limit, inFlight, now } = asked;
  if (pace.notBefore !== null && now < pace.notBefore) return 0;
  const slots = slotsOf(pace);
  const free = slots === null ? limit : Math.min(limit, slots - inFlight);
  const batch = batchOf(pace, now);
  return Math.max(0, batch === null ? free : Math.min(free, batch.size));
}

/**
 * When the next batch may be claimed, after one at `now`; null without a rate. Batches of equal size at equal distances:
 * within any second, however it is laid, never more begin than the rate allows.
 */
export function nextBatchAt(pace: LanePace, now: Instant): Instant | null {
  const batch = batchOf(pace, now);
  return batch === null ? null : now + batch.everyMs;
}

interface Batch {
  readonly size: number;
  readonly everyMs: number;
}

function batchOf({ ratePerSecond, health }: LanePace, now: Instant): Batch | null {
  const spread = health?.spread ?? null;
  const spreadRate = spread !== null && now < spread.until ? spread.perSecond : null;
  const rates = [ratePerSecond, spreadRate].filter((rate) => rate !== null);
  if (rates.length === 0) return null;
  const rate = Math.min(...rates);
  const size = Math.ceil(rate / batchesPerSecondMax);
  return size === 1
    ? { size, everyMs: Math.ceil(1_000 / rate) }
    : { size, everyMs: Math.ceil(1_000 / Math.floor(rate / size)) };
}

/** True when what is due since `dueAt` was left alone for so long that it is to be looked at as a backlog. */
export function isOverdue(
  lane: { readonly dueAt: Instant | null; readonly servedAt: Instant | null },
  now: Instant,
): boolean {
  const { dueAt, servedAt } = lane;
  return dueAt !== null && now - dueAt > overdueMs && (servedAt === null || now - servedAt > overdueMs);
}

/** How a backlog of so many overdue deliveries is spread; null when they are few. */
export function spreadOf(overdue: number, now: Instant): Spread | null {
  return overdue <= spreadMin ? null : { perSecond: (overdue * 1_000) / spreadMs, until: now + spreadMs };
}
