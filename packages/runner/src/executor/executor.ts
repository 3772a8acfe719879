// The port between a run and the place where its handler is called: this thread, or a process of its own.
import type { ClaimedRun, JobResult, RunOutcome } from "@ringback/core";

export type Failed = Extract<RunOutcome, { readonly kind: "failed" }>;

/** What the call of a handler came to. */
export type ExecutionEnd =
  | { readonly kind: "succeeded"; readonly result: JobResult }
  | Failed
  /** Its upstream ends it later. */
  | { readonly kind: "handed_over" }
  /** It stopped, or never began, because it was asked to; the reason it was asked for says what becomes of the run. */
  | { readonly kind: "canceled" }
  /** Whatever executed it is gone, and nothing is known of how far it came. */
  | { readonly kind: "lost" };

/** What a run is told while its handler is called. */
export interface Told {
  /** From now on its time counts. Once, and perhaps before `start` has returned. */
  begun(): void;
  progress(percent: unknown, message: unknown): void;
  /** Its code threw where nobody listens; it may still be executing. */
  fault(failure: Failed): void;
}

export interface Execution {
  /** Never rejects. */
  readonly ended: Promise<ExecutionEnd>;
  /** Fires the handler's signal; one that has not begun never does. */
  abort(reason: string): void;
  /** Nobody waits for it any more: where it can be ended by force it is. */
  giveUp(): void;
}

/** A run as its handler is to see it: in the trace of its own span. */
export interface TracedRun extends ClaimedRun {
  /** The span as text, for whoever ends the run in the handler's place; null or absent when nothing is traced. */
  readonly carried?: string | null | undefined;
}

export interface Executor {
  /** Never throws. */
  start(claimed: TracedRun, told: Told): Execution;
}

/** An executor that has something to start and to end. */
export interface LongLivedExecutor extends Executor {
  readonly name: string;
  /** Makes ready what the first run would otherwise wait for. */
  open(): void;
  /** Ends everything that still executes; resolves when it is gone. */
  close(): Promise<void>;
}
