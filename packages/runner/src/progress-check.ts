// Judges whether due work makes progress, for readiness: a process may be up and yet pick nothing up.
// It watches what the sweeps find; it asks the store nothing itself, so it is cheap to call.
import type { Clock, Due, Instant } from "@ringback/core";
import type { RunnerSettings } from "./settings.ts";

export interface ProgressCheck {
  /** False when due work is not picked up. `detail` is one sentence for people. */
  readonly ok: boolean;
  readonly detail: string;
}

/** What one side, jobs or lanes, shows of itself. */
export interface Slots {
  readonly slotsFree: number;
  readonly lastClaimAt: Instant | null;
}

export interface ProgressWatchOptions {
  readonly clock: Clock;
  readonly settings: RunnerSettings;
  readonly jobs: Slots;
  readonly lanes: Slots;
  readonly lastSweepAt: () => Instant | null;
}

export interface ProgressWatch {
  start(): void;
  /** Told by each sweep what it found due. */
  observe(due: Due): void;
  check(now: Instant): ProgressCheck;
}

/** Work that has been due for longer is overdue. */
const overdueMs = 60_000;
/** As many sweeps in a row must find work overdue; a single one may look at a moment between release and claim. */
const sweepsMax = 3;

export function createProgressWatch(options: ProgressWatchOptions): ProgressWatch {
  const { clock, settings, jobs, lanes } = options;
  let startedAt = clock.now();
  let jobsOverdue = 0;
  let lanesOverdue = 0;

  function hasClaimed(slots: Slots, now: Instant): boolean {
    return slots.lastClaimAt !== null && now - slots.lastClaimAt <= overdueMs;
  }

  /**
   * Full run slots are work in progress, bounded by the run timeouts. With free slots, claims that are answered and still
   * leave jobs behind mean jobs that are not this process's to take: kinds that others work, or a tenant at its limit.
   */
  function areJobsOverdue(since: Instant, now: Instant): boolean {
    if (jobs.slotsFree === 0 || hasClaimed(jobs, now)) return false;
    return now - Math.max(since, startedAt) > overdueMs;
  }

  /** Full lane slots are handed on after a slice, so even then something must be claimed from time to time. */
  function areLanesOverdue(since: Instant, now: Instant): boolean {
    const isLate = now - Math.max(since, startedAt) > overdueMs;
    return isLate && (lanes.slotsFree > 0 || !hasClaimed(lanes, now));
  }

  return {
    start() {
      startedAt = clock.now();
    },
    observe(due) {
      const now = clock.now();
      const oldestLane = due.lanes[0];
      const jobsLate =
        settings.runConcurrency > 0 && due.jobsSince !== null && areJobsOverdue(due.jobsSince, now);
      const lanesLate =
        settings.lanesMax > 0 && oldestLane !== undefined && areLanesOverdue(oldestLane.since, now);
      jobsOverdue = jobsLate ? jobsOverdue + 1 : 0;
      lanesOverdue = lanesLate ? lanesOverdue + 1 : 0;
    },
    check(now) {
      const sweptAt = Math.max(options.lastSweepAt() ?? startedAt, startedAt);
      if (now - sweptAt > 3 * settings.sweepMs) {
        return { ok: false, detail: `The last sweep was ${Math.round((now - sweptAt) / 1_000)} s ago.` };
      }
      if (jobsOverdue >= sweepsMax) return { ok: false, detail: "Jobs are overdue and are not claimed." };
      if (lanesOverdue >= sweepsMax)
        return { ok: false, detail: "Deliveries are overdue and their lanes are not claimed." };
      return { ok: true, detail: "Due work makes progress." };
    },
  };
}
