// One run of one job: gives the handler its input, watches its time, and says how the run ended, whatever the handler does.
// It records nothing and holds no lease; it is told when the job is canceled, the lease is gone or the process stops.
import {
  inlineResultBytesMax,
  isInlineResult,
  type ClaimedRun,
  type Clock,
  type InputProblem,
  type JobKey,
  type Kinds,
  type Log,
  type LogFields,
  type RunContext,
  type RunOutcome,
  type RunProgress,
} from "@ringback/core";
import { boundedText } from "./bounded-text.ts";
import type { FaultAttribution, StrayRun } from "./fault-attribution.ts";
import { createProgressReport } from "./progress.ts";
import { encodeResult } from "./result.ts";
import type { RunnerSettings } from "./settings.ts";
import { errorMessageBytesMax, failureOf } from "./thrown-value.ts";

export interface JobRunOptions {
  readonly kinds: Kinds;
  readonly attribution: FaultAttribution;
  readonly clock: Clock;
  readonly log: Log;
  /** Where handlers' own lines go, with whatever fields they have. */
  readonly handlerLog: Log;
  readonly settings: RunnerSettings;
  readonly writeProgress: (progress: RunProgress) => Promise<"written" | "lost">;
  /** Where a result can be fetched that does not stand inside the job. */
  readonly resultUrl: (job: JobKey) => string;
}

export interface JobRun {
  readonly claimed: ClaimedRun;
  /** How it ended; null when its lease was lost, so that nothing may be recorded. Never rejects. */
  readonly ended: Promise<RunOutcome | null>;
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
export function startJobRun(claimed: ClaimedRun, options: JobRunOptions): JobRun {
  const { attribution, clock, settings } = options;
  const controller = new AbortController();
  const { promise: ended, resolve } = Promise.withResolvers<RunOutcome | null>();
  let verdict: RunOutcome | null | undefined;
  let isOver = false;
  let isLost = false;
  const progress = createProgressReport({
    run: claimed,
    progressMs: settings.progressMs,
    write: options.writeProgress,
    onLost: lose,
    clock,
    log: options.log,
  });
  const stray: StrayRun = {
    jobId: claimed.jobId,
    kind: claimed.job.kind,
    fail: (thrown) =>
      attribution.outside(() => stop(failureOf(thrown), "The run failed.", settings.abortGraceMs)),
  };
  let forgetTimer = clock.after(claimed.runTimeoutMs, () => {
    const message = `The run took longer than ${claimed.runTimeoutMs} ms.`;
    stop({ kind: "failed", code: "run_timeout", message, retryable: true }, message, settings.abortGraceMs);
  });

  function settle(outcome: RunOutcome | null): void {
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
    attribution.within(stray, () => controller.abort(new DOMException(reason, "AbortError")));
  }

  function settleAfter(graceMs: number): void {
    forgetTimer();
    forgetTimer = clock.after(graceMs, () => settle(verdict ?? null));
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

  const context: RunContext = {
    signal: controller.signal,
    progress: (percent, message) => attribution.outside(() => progress.report(percent, message)),
    job: claimed.job,
    runNumber: claimed.runNumber,
    log: logOf(claimed, options.handlerLog),
  };
  void attribution
    .within(stray, () => runHandler(claimed, context, options))
    .then(
      (outcome) => settle(verdict === undefined ? outcome : verdict),
      (thrown: unknown) => settle(verdict === undefined ? failureOf(thrown) : verdict),
    );

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

/** Rejects with whatever the handler throws. */
async function runHandler(
  claimed: ClaimedRun,
  context: RunContext,
  options: JobRunOptions,
): Promise<RunOutcome> {
  const kind = options.kinds.get(claimed.job.kind);
  if (kind === undefined)
    return refused("unknown_kind", `No handler for the kind "${claimed.job.kind}" is loaded.`);
  const input = parseInput(claimed.input);
  if (!input.ok) return refused("input_invalid", "The input is not JSON.");
  const checked = await kind.checkInput(input.value);
  if (!checked.ok) return refused("input_invalid", inputMessage(checked.problems));
  if (context.signal.aborted) return { kind: "canceled" };
  const value = await kind.definition.run(checked.value, context);
  if (context.signal.aborted) return { kind: "canceled" };
  const encoded = encodeResult(value, options.settings.resultBytesMax);
  if (!encoded.ok) return refused(encoded.code, encoded.message);
  const { result } = encoded;
  const isInline = isInlineResult(result, inlineResultBytesMax);
  return {
    kind: "succeeded",
    result,
    resultUrl: isInline ? null : options.resultUrl({ tenantId: claimed.tenantId, jobId: claimed.jobId }),
  };
}

/** A job without input gives its handler undefined. */
function parseInput(
  text: string | null,
): { readonly ok: true; readonly value: unknown } | { readonly ok: false } {
  try {
    return { ok: true, value: text === null ? undefined : JSON.parse(text) };
  } catch {
    return { ok: false };
  }
}

type Failed = Extract<RunOutcome, { kind: "failed" }>;

/** Failures that another run could not end better. */
function refused(code: Failed["code"], message: string): RunOutcome {
  return { kind: "failed", code, message: boundedText(message, errorMessageBytesMax), retryable: false };
}

function inputMessage(problems: readonly InputProblem[]): string {
  const all = problems.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`));
  return `The input does not fit its kind: ${all.join("; ")}`;
}

/** The handler's log lines say which run they are of, and cannot say otherwise. */
function logOf(claimed: ClaimedRun, log: Log): Log {
  const own = { jobId: claimed.jobId, kind: claimed.job.kind, run: claimed.runNumber };
  const withOwn = (fields: LogFields | undefined): LogFields => ({ ...fields, ...own });
  return {
    debug: (event, fields) => log.debug(event, withOwn(fields)),
    info: (event, fields) => log.info(event, withOwn(fields)),
    warn: (event, fields) => log.warn(event, withOwn(fields)),
    error: (event, fields) => log.error(event, withOwn(fields)),
  };
}
