// One run of one job: has its handler called, watches its time, and says how the run ended, whatever the handler does.
// It records nothing, holds no lease and does not know where the handler is called; it is told when the job is canceled,
// the lease is gone or the process stops.
import {
  inlineResultBytesMax,
  isInlineResult,
  type ClaimedRun,
  type Clock,
  type Instant,
  type JobKey,
  type JobResult,
  type Log,
  type RunOutcome,
  type RunProgress,
} from "@ringback/core";
import type { Executor, TracedRun } from "./executor/executor.ts";
import { createProgressReport } from "./progress.ts";
import type { RunnerSettings } from "./settings.ts";

export interface JobRunOptions {
  readonly executor: Executor;
  readonly clock: Clock;
  readonly log: Log;
  readonly settings: RunnerSettings;
  readonly writeProgress: (progress: RunProgress) => Promise<"written" | "lost">;
  /** Where a result can be fetched that does not stand inside the job. */
  readonly resultUrl: (job: JobKey) => string;
}

/** What is to be recorded of a run. */
export type RunEnding =
  | RunOutcome
  /** Its upstream has it, until its time is over. */
  | { readonly kind: "handed_over"; readonly until: Instant };

export interface JobRun {
  readonly claimed: ClaimedRun;
  /** How it ended; null when its lease was lost, so that nothing may be recorded. Never rejects. */
  readonly ended: Promise<RunEnding | null>;
  /** True from the moment the lease was known to be lost, also after the end. */
  readonly isLost: boolean;
  /** The client asked for it: the handler has `cancelGraceMs` to stop. */
  cancel(): void;
  /** The lease is gone: the handler is told, and whatever it still does is not recorded. */
  lose(): void;
  /** The process stops: the job is given back after `graceMs`, or at once when the handler settles before. */
  release(graceMs: number): void;
}

/**
 * Begins the run at once. Once its signal has fired, the reason decides the outcome, whatever the handler still returns:
 * nobody can tell a result from what a handler returns because it was stopped.
 */
export function startJobRun(claimed: TracedRun, options: JobRunOptions): JobRun {
  const { clock, settings } = options;
  const { promise: ended, resolve } = Promise.withResolvers<RunEnding | null>();
  let verdict: RunOutcome | null | undefined;
  let isOver = false;
  let isLost = false;
  let begunMs = clock.monotonicMs();
  const progress = createProgressReport({
    run: claimed,
    progressMs: settings.progressMs,
    write: options.writeProgress,
    onLost: lose,
    clock,
    log: options.log,
  });
  let forgetTimer = (): void => undefined;
  const execution = options.executor.start(claimed, {
    begun,
    progress: (percent, message) => progress.report(percent, message),
    fault: (failure) => stop(failure, "The run failed.", settings.abortGraceMs),
  });

  /** A run that waits for a place to run in does not use up its time; one that is being stopped keeps its grace. */
  function begun(): void {
    if (isOver || verdict !== undefined) return;
    begunMs = clock.monotonicMs();
    forgetTimer = clock.after(claimed.runTimeoutMs, () => {
      const message = `The run took longer than ${claimed.runTimeoutMs} ms.`;
      stop({ kind: "failed", code: "run_timeout", message, retryable: true }, message, settings.abortGraceMs);
    });
  }

  function settle(outcome: RunEnding | null): void {
    if (isOver) return;
    isOver = true;
    forgetTimer();
    progress.close();
    resolve(outcome);
  }

  /** The first reason decides, except that a lost lease always leaves nothing to record. */
  function stop(outcome: RunOutcome | null, reason: string, graceMs: number): void {
    if (isOver) return;
    const isFirst = verdict === undefined;
    if (isFirst || outcome === null) verdict = outcome;
    if (!isFirst) return;
    settleAfter(graceMs);
    execution.abort(reason);
  }

  function settleAfter(graceMs: number): void {
    forgetTimer();
    forgetTimer = clock.after(graceMs, () => {
      execution.giveUp();
      settle(verdict ?? null);
    });
  }

  function lose(): void {
    isLost = true;
    stop(null, "The lease of the run was lost.", settings.abortGraceMs);
  }

  function release(graceMs: number): void {
    if (isOver) return;
    if (verdict !== undefined) settleAfter(graceMs);
    stop({ kind: "released" }, "The process is stopping.", graceMs);
  }

  void execution.ended.then((end) => {
    if (verdict !== undefined) settle(verdict);
    else if (end.kind === "succeeded") settle(withUrl(claimed, end.result, options));
    else if (end.kind !== "handed_over") settle(end);
    else settle({ ...end, until: clock.now() + claimed.runTimeoutMs - (clock.monotonicMs() - begunMs) });
  });

  return {
    claimed,
    ended,
    get isLost() {
      return isLost;
    },
    cancel: () => stop({ kind: "canceled" }, "The job was canceled.", settings.cancelGraceMs),
    lose,
    release,
  };
}

function withUrl(claimed: ClaimedRun, result: JobResult, options: JobRunOptions): RunOutcome {
  const { tenantId, jobId } = claimed;
  const resultUrl = isInlineResult(result, inlineResultBytesMax)
    ? null
    : options.resultUrl({ tenantId, jobId });
  return { kind: "succeeded", result, resultUrl };
}
