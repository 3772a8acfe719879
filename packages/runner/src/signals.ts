// What can be seen of a runner from outside: for readiness, for metrics, and for tests that wait for it.
import type { Instant } from "@ringback/core";

/** Counted since the process began. */
export interface RunnerCounters {
  runsClaimed: number;
  /** Runs whose end was recorded, by the status the job got with it; `queued` is a retry or a job given back. */
  readonly runsEnded: Record<"succeeded" | "failed" | "canceled" | "queued" | "handed_over", number>;
  /** Runs of which nothing was recorded, because the lease was gone. */
  runsLost: number;
  lanesClaimed: number;
  lanesLost: number;
  sweeps: number;
  sweepsFailed: number;
}

export interface RunnerSignals {
  /** When the last sweep succeeded. */
  readonly lastSweepAt: Instant | null;
  /** When the store last answered a claim of jobs, also with none. */
  readonly lastRunClaimAt: Instant | null;
  /** When a lane was last claimed. */
  readonly lastLaneClaimAt: Instant | null;
  /** Runs that hold a slot. */
  readonly running: number;
  /** Turns that hold a slot. */
  readonly heldLanes: number;
  readonly counters: RunnerCounters;
  /** Resolves when no run and no turn is going on and nothing that was rung is waiting to be claimed. */
  whenIdle(): Promise<void>;
}

export function createCounters(): RunnerCounters {
  return {
    runsClaimed: 0,
    runsEnded: { succeeded: 0, failed: 0, canceled: 0, queued: 0, handed_over: 0 },
    runsLost: 0,
    lanesClaimed: 0,
    lanesLost: 0,
    sweeps: 0,
    sweepsFailed: 0,
  };
}
