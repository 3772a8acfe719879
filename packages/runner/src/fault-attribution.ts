// Which run a stray error belongs to: a handler's timers, dropped promises and emitters throw outside its own promise.
// It only knows whose code is executing; what the process does with an error that is nobody's is the server's decision.
import { AsyncLocalStorage } from "node:async_hooks";

/** A run as the process sees it when an error arrives that nobody caught. */
export interface StrayRun {
  readonly jobId: string;
  readonly kind: string;
  /** Ends the run as `handler_error`; without effect when it has ended already. */
  fail(thrown: unknown): void;
}

export interface FaultAttribution<Owner = StrayRun> {
  /**
   * The run whose code is executing now, also inside `uncaughtException` and `unhandledRejection` listeners, and also
   * after the run has ended. Undefined when the code is nobody's.
   */
  currentRun(): Owner | undefined;
  /** Calls `act` as code of that run. */
  within<Result>(run: Owner, act: () => Result): Result;
  /** Calls `act` as the runner's own code, although a handler brought it about. */
  outside<Result>(act: () => Result): Result;
}

export function createFaultAttribution<Owner = StrayRun>(): FaultAttribution<Owner> {
  const storage = new AsyncLocalStorage<Owner | undefined>();
  return {
    currentRun: () => storage.getStore(),
    within: (run, act) => storage.run(run, act),
    outside: (act) => storage.run(undefined, act),
  };
}
