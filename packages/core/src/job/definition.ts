// What a job kind is: its name, its input's schema, its limits, and the function that does the work.
import type { Log } from "../ports/log.ts";
import type { Job } from "./job.ts";

/**
 * The part of Standard Schema 1 that Ringback calls; zod, valibot, arktype and others implement it
 * (https://standardschema.dev). Declared here because core imports nothing.
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** What a running handler is given beside its input. */
export interface RunContext {
  /** Fires when the job is canceled, its run timed out, its lease is lost, or the process stops. */
  readonly signal: AbortSignal;
  /** Tells how far the work is: 0 … 100 and a sentence. Cheap to call often: only the newest is written. */
  progress(percent: number, message?: string): void;
  readonly job: Job;
  /** 1 for the first run. */
  readonly runNumber: number;
  readonly log: Log;
  /**
   * The trace of the job (W3C Trace Context), for what the handler calls: as it was submitted in or, where spans are made, the
   * span of this run in it. Null without one.
   */
  readonly traceparent?: string | null | undefined;
  /** Only for kinds of our own: how somebody else may finish the job later. Then the handler returns `endsLater`. */
  readonly completion?: RunCompletion | undefined;
}

/** What an upstream needs to end one run of one job, once. */
export interface RunCompletion {
  readonly completeUrl: string;
  readonly failUrl: string;
  readonly token: string;
}

/** Returned by a handler that has given its `completion` away: the run goes on without it until its timeout. */
export const endsLater = Symbol("the run is ended later, by its completion");

export interface JobDefinition<Input = unknown> {
  /** Letters, digits, `.`, `_` and `-`; at most 100 characters. */
  readonly kind: string;
  /** Checked at intake, and again before a run, where its output is what `run` receives. */
  readonly input?: StandardSchema<unknown, Input> | undefined;
  /**
   * Asked at intake only, after the schema: what only the world outside can tell and may tell otherwise later, such as
   * whether an address may be called. Problems refuse the job with 422.
   */
  readonly admit?: ((input: Input) => Promise<readonly SchemaIssue[]>) | undefined;
  /** Milliseconds one run may take; 1 … 86,400,000. */
  readonly runTimeoutMs?: number | undefined;
  /** How many runs may fail before the job fails; 1 … 100, default 1. */
  readonly maxRuns?: number | undefined;
  /** How many jobs of the kind may run at once, over all tenants and processes; 1 … 100,000, default as many as there are slots. */
  readonly maxRunning?: number | undefined;
  /** Returns any JSON value, or exactly `{contentType, body}` with a string or bytes to keep as they are. */
  readonly run: (input: Input, context: RunContext) => unknown;
}

/** Declares a job kind; a handlers module's default export is a list of these. */
export function defineJob<Schema extends StandardSchema>(
  definition: Omit<JobDefinition<OutputOf<Schema>>, "input"> & { readonly input: Schema },
): JobDefinition;
export function defineJob(definition: JobDefinition): JobDefinition;
export function defineJob(definition: JobDefinition): JobDefinition {
  return definition;
}

type OutputOf<Schema> = Schema extends StandardSchema<infer _, infer Output> ? Output : never;

/** Thrown by a handler to say how its job should fail; anything else it throws is a retryable `handler_error`. */
export class JobFailure extends Error {
  readonly code: "handler_error" | "blocked_address" | "upstream_failed";
  readonly retryable: boolean;

  constructor(message: string, options: { code?: JobFailure["code"]; retryable?: boolean } = {}) {
    super(message);
    this.name = "JobFailure";
    this.code = options.code ?? "handler_error";
    this.retryable = options.retryable ?? true;
  }
}
