// What the process does with an error nobody caught: a handler's ends its run, anything else ends the process.
import type { Log } from "@ringback/core";

export interface StrayRun {
  readonly jobId: string;
  readonly kind: string;
  fail(thrown: unknown): void;
}

export interface ProcessFaultsOptions {
  /** The run whose code is executing now, if any. */
  readonly currentRun: () => StrayRun | undefined;
  readonly log: Log;
  /** Called for an error that belongs to no run; the state of the process is unknown then. */
  readonly crash: () => void;
}

/** Returns a function that takes the listeners off again. */
export function watchProcessFaults(options: ProcessFaultsOptions): () => void {
  const onFault = (thrown: unknown): void => {
    const { currentRun, log, crash } = options;
    const run = currentRun();
    const errorName = thrown instanceof Error ? thrown.name : typeof thrown;
    if (run === undefined) {
      log.error("process_fault", {
        errorName,
        error: thrown instanceof Error ? (thrown.stack ?? thrown.message) : "",
      });
      crash();
      return;
    }
    log.error("handler_fault", { jobId: run.jobId, kind: run.kind, errorName });
    run.fail(thrown);
  };
  process.on("uncaughtException", onFault);
  process.on("unhandledRejection", onFault);
  return () => {
    process.off("uncaughtException", onFault);
    process.off("unhandledRejection", onFault);
  };
}
