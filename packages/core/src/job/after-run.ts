// Decides what becomes of a job when one of its runs has ended. The store applies it inside the ending transaction.
import type { Instant, Random } from "../ports/time.ts";
import { delayBeforeRun } from "./run-backoff.ts";
import type { JobError, JobErrorCode, JobResult } from "./job.ts";

/** How one run ended. */
export type RunOutcome =
  | { readonly kind: "succeeded"; readonly result: JobResult; readonly resultUrl: string | null }
  | {
      readonly kind: "failed";
      readonly code: JobErrorCode;
      readonly message: string;
      /** False when another run could not end better (a result too large, a blocked address). */
      readonly retryable: boolean;
    }
  /** The handler stopped because it was asked to. */
  | { readonly kind: "canceled" }
  /** The process is stopping and gives the job back; the run is not held against the job. */
  | { readonly kind: "released" }
  /** The lease ran out: the process died, hung, or lost its database. */
  | { readonly kind: "lost" };

/** What the decision looks at; `runs` counts the run that has just ended. */
export interface RunLedger {
  readonly runs: number;
  readonly lostRuns: number;
  readonly releasedRuns: number;
  readonly maxRuns: number;
  readonly cancelRequestedAt: Instant | null;
}

export type AfterRun =
  | { readonly status: "succeeded"; readonly result: JobResult; readonly resultUrl: string | null }
  | { readonly status: "failed"; readonly error: JobError }
  | { readonly status: "canceled" }
  | {
      readonly status: "queued";
      readonly dueAt: Instant;
      readonly lostRuns: number;
      readonly releasedRuns: number;
    };

/** A job that takes its process down with it is given up after this many lost runs. */
export const lostRunsMax = 3;

/**
 * A cancellation that was requested before the end is committed always wins: the client has been told 202 for it.
 * Failed runs are tried again up to `maxRuns`, with backoff; lost and released runs are not counted against that.
 */
export function afterRun(ledger: RunLedger, outcome: RunOutcome, now: Instant, random: Random): AfterRun {
  const { runs, lostRuns, releasedRuns, maxRuns } = ledger;
  if (ledger.cancelRequestedAt !== null || outcome.kind === "canceled") return { status: "canceled" };
  if (outcome.kind === "succeeded") {
    return { status: "succeeded", result: outcome.result, resultUrl: outcome.resultUrl };
  }
  if (outcome.kind === "released") {
    return { status: "queued", dueAt: now, lostRuns, releasedRuns: releasedRuns + 1 };
  }
  if (outcome.kind === "lost") {
    if (lostRuns + 1 < lostRunsMax)
      return { status: "queued", dueAt: now, lostRuns: lostRuns + 1, releasedRuns };
    const message = `The process that ran it was lost ${lostRunsMax} times; the job may be what brings it down.`;
    return { status: "failed", error: { code: "runs_exhausted", message, run: runs } };
  }
  const failedRuns = runs - lostRuns - releasedRuns;
  if (outcome.retryable && failedRuns < maxRuns) {
    return { status: "queued", dueAt: now + delayBeforeRun(failedRuns, random), lostRuns, releasedRuns };
  }
  return { status: "failed", error: { code: outcome.code, message: outcome.message, run: runs } };
}
