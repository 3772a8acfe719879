// How a submission, a run and an attempt become spans of one trace (W3C Trace Context). The rooms say what began and what came
// of it; how a span is spelled, whether it is kept and where it goes is decided elsewhere. A job keeps the `traceparent` of its
// submission, which is how its runs and attempts find their trace in whichever process they are made.
import type { Job, JobStatus } from "../job/job.ts";
import type { RunOutcome } from "../job/after-run.ts";
import type { AttemptRecord, ClaimedDelivery, ClaimedRun, RunKey } from "./store.ts";

/** No method throws, waits, or does more than take notes. */
export interface Traces {
  /** A request that submits jobs. `parent` is the valid `traceparent` it came with, or null. */
  submission(
    route: { readonly method: string; readonly path: string },
    parent: string | null,
  ): SubmissionSpan;
  run(claimed: ClaimedRun): RunSpan;
  /** The span of a run that is held outside, as `RunSpan.carried` told it: perhaps in another process. */
  carriedRun(carried: string, run: RunKey): RunSpan;
  attempt(delivery: ClaimedDelivery): AttemptSpan;
}

interface Span {
  /** The trace and this span in it, for what is done because of it; null when nothing is traced. */
  readonly traceparent: string | null;
}

export interface SubmissionSpan extends Span {
  /** A job that the request has made, or had made before (`isReplayed`). Once for each job of a batch. */
  took(job: Job, isReplayed: boolean): void;
  /** `refused` is the problem's code; null when it was not refused. */
  end(httpStatus: number, refused: string | null): void;
}

export interface RunSpan extends Span {
  /** The span as text without spaces, at most 200 characters, for whoever ends the run in another process; null when nothing is traced. */
  readonly carried: string | null;
  /** `outcome` is null, and `job` is `lost`, when the lease was gone. */
  end(outcome: RunOutcome | null, job: JobStatus | "lost"): void;
}

export interface AttemptSpan extends Span {
  end(record: AttemptRecord): void;
}

const nothing = (): void => undefined;
const noSubmission: SubmissionSpan = { traceparent: null, took: nothing, end: nothing };
const noRun: RunSpan = { traceparent: null, carried: null, end: nothing };
const noAttempt: AttemptSpan = { traceparent: null, end: nothing };

/** Traces nothing, and allocates nothing for it. */
export const noTraces: Traces = {
  submission: () => noSubmission,
  run: () => noRun,
  carriedRun: () => noRun,
  attempt: () => noAttempt,
};
