// Calls handlers in this thread: for what is our own and never blocks, such as the built-in kind `http`.
import type { Log, RunCompletion, RunContext } from "@ringback/core";
import type { FaultAttribution, StrayRun } from "../fault-attribution.ts";
import { failureOf } from "../thrown-value.ts";
import { callHandler, logOfRun, type HandlerRoom } from "./call-handler.ts";
import type { Executor, TracedRun } from "./executor.ts";

export interface InThreadOptions extends HandlerRoom {
  readonly attribution: FaultAttribution;
  /** Where handlers' own lines go. */
  readonly handlerLog: Log;
  /** How somebody else may finish a run later. */
  readonly completionOf?: ((run: TracedRun) => RunCompletion) | undefined;
}

export function createInThreadExecutor(options: InThreadOptions): Executor {
  const { attribution, handlerLog } = options;
  return {
    start(claimed, told) {
      const controller = new AbortController();
      const stray: StrayRun = {
        jobId: claimed.jobId,
        kind: claimed.job.kind,
        fail: (thrown) => attribution.outside(() => told.fault(failureOf(thrown))),
      };
      const context: RunContext = {
        signal: controller.signal,
        progress: (percent, message) => attribution.outside(() => told.progress(percent, message)),
        job: claimed.job,
        runNumber: claimed.runNumber,
        log: logOfRun(claimed, handlerLog),
        traceparent: claimed.traceparent,
        completion: options.completionOf?.(claimed),
      };
      told.begun();
      return {
        ended: attribution.within(stray, () => callHandler(claimed, context, options)).catch(failureOf),
        abort: (reason) =>
          attribution.within(stray, () => controller.abort(new DOMException(reason, "AbortError"))),
        giveUp: () => undefined,
      };
    },
  };
}
