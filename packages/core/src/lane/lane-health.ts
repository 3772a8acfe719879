// Decides what attempts say about their receiver: when its breaker opens, half-opens and ramps up, when its failing is told,
// and when it is paused for it. The store keeps the state with the lane and applies the decision with the attempts' record.
import type { EndedAttempt } from "../delivery/after-attempt.ts";
import type { AttemptCode } from "../delivery/outcome.ts";
import type { Instant, Random } from "../ports/time.ts";

/** What is remembered of a lane's receiver. A receiver that is well has none of it (`null` in the row). */
export interface LaneHealth {
  /** Attempts in a row that say that the receiver is down. */
  readonly failures: number;
  /** When the first attempt failed since the last success; null when the last one succeeded. */
  readonly failingSince: Instant | null;
  /** How much of `failingPausesMs` has been told of, in percent: 0, 50 or 90. */
  readonly toldPercent: number;
  /** How often the breaker has opened since the receiver was last well. */
  readonly trips: number;
  /** Until then the breaker is open and no attempt is spent. */
  readonly openUntil: Instant | null;
  /** Attempts in flight at once while the breaker is half-open (1) and then ramps up; null while it is closed. */
  readonly probes: number | null;
  /** Set after an outage of ours or a pause: the backlog is spread over `spreadMs` from then on. */
  readonly spread: Spread | null;
}

export interface Spread {
  /** At most so many attempts begin within any second … */
  readonly perSecond: number;
  /** … until then. */
  readonly until: Instant;
}

export const wellLane: LaneHealth = {
  failures: 0,
  failingSince: null,
  toldPercent: 0,
  trips: 0,
  openUntil: null,
  probes: null,
  spread: null,
};

/** Failures in a row that open the breaker. */
export const breakerFailures = 10;
const openMinMs = 10_000;
const openMaxMs = 5 * 60_000;
const jitter = 0.2;

/** An endpoint that has failed for so long is paused: five days. */
export const failingPausesMs = 5 * 24 * 3_600_000;
const warnings = [50, 90] as const;

export interface AfterLaneAttempts {
  /** Null when the receiver is well again, or still. */
  readonly health: LaneHealth | null;
  /** The warning that is due now, in percent of `failingPausesMs`; null when none is. */
  readonly warnPercent: number | null;
  /** The endpoint is to be paused as `failing`. */
  readonly pauses: boolean;
}

/**
 * Applies attempts in the order of their ends. What ends while the breaker is open was begun before it opened, and moves
 * only the failing: a burst of late timeouts must not open it again and again. `slots` is how many attempts the lane may
 * have in flight when its receiver is well.
 */
export function afterLaneAttempts(
  health: LaneHealth | null,
  attempts: readonly EndedAttempt[],
  options: { readonly now: Instant; readonly slots: number; readonly random: Random },
): AfterLaneAttempts {
  const { now } = options;
  let next = health ?? wellLane;
  let failedLast = false;
  for (const attempt of attempts) {
    const verdict = verdictOf(attempt);
    if (verdict === "nothing") continue;
    failedLast = verdict !== "well";
    next = afterBreaker(afterFailing(next, verdict, now), verdict, options);
  }
  const failedMs = next.failingSince === null || !failedLast ? 0 : now - next.failingSince;
  const warnPercent = warnings.findLast(
    (percent) => next.toldPercent < percent && failedMs * 100 >= failingPausesMs * percent,
  );
  if (warnPercent !== undefined) next = { ...next, toldPercent: warnPercent };
  const kept = isWell(next) ? null : next;
  return { health: kept, warnPercent: warnPercent ?? null, pauses: failedMs >= failingPausesMs };
}

type Verdict = "well" | "refused" | "down" | "nothing";

/** An answer that refuses this request shows a receiver that is alive; it fails all the same. */
function verdictOf({ outcome, code }: EndedAttempt): Verdict {
  if (outcome === "delivered") return "well";
  if (outcome === "outcome_unknown" || isOurs(code)) return "nothing";
  return isRefusal(code) ? "refused" : "down";
}

function isOurs(code: AttemptCode): boolean {
  return code === "sender_fault" || code === "no_retry" || code === "gone";
}

function isRefusal(code: AttemptCode): boolean {
  return (
    code === "http_4xx" ||
    code === "redirect_not_followed" ||
    code === "blocked_address" ||
    code === "blocked_url"
  );
}

function afterFailing(health: LaneHealth, verdict: Verdict, now: Instant): LaneHealth {
  if (verdict === "well") return { ...health, failingSince: null, toldPercent: 0 };
  return health.failingSince === null ? { ...health, failingSince: now } : health;
}

function afterBreaker(
  health: LaneHealth,
  verdict: Verdict,
  options: { readonly now: Instant; readonly slots: number; readonly random: Random },
): LaneHealth {
  const { now, slots } = options;
  if (health.openUntil !== null && now < health.openUntil) return health;
  if (verdict === "down") {
    const failures = health.failures + 1;
    const opens = health.probes !== null || failures >= breakerFailures;
    return opens ? opened(health, options) : { ...health, failures };
  }
  if (health.probes === null) return { ...health, failures: 0 };
  const probes = health.probes + 1;
  const closed = { failures: 0, trips: 0, openUntil: null, probes: null };
  return probes >= slots ? { ...health, ...closed } : { ...health, failures: 0, openUntil: null, probes };
}

/** 10 s, 20 s, 40 s … 5 min, each ± 20 %. */
function opened(
  health: LaneHealth,
  { now, random }: { readonly now: Instant; readonly random: Random },
): LaneHealth {
  const plainMs = Math.min(openMaxMs, openMinMs * 2 ** Math.min(health.trips, 10));
  const openUntil = now + Math.round(plainMs * (1 - jitter + 2 * jitter * random.unit()));
  return { ...health, failures: 0, trips: health.trips + 1, openUntil, probes: 1 };
}

function isWell(health: LaneHealth): boolean {
  const { failures, failingSince, openUntil, probes, spread } = health;
  return failures === 0 && failingSince === null && openUntil === null && probes === null && spread === null;
}
