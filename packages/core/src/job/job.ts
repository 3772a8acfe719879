// The job: what was asked for, where it stands, and how it ended.
import type { Instant } from "../ports/time.ts";
import type { EventPatterns } from "../event/event-pattern.ts";

/** `queued → running → succeeded | failed | canceled`; a lost or failed run goes back to `queued`. */
export type JobStatus = "queued" | "running" | "succeeded" | "failed" | "canceled";
export const jobStatuses: readonly JobStatus[] = ["queued", "running", "succeeded", "failed", "canceled"];

/** True when nothing about the job's outcome can change any more. */
export function isDone(status: JobStatus): boolean {
  return status === "succeeded" || status === "failed" || status === "canceled";
}

/** Why a job failed: a closed list, spelled as in `error.code`. */
export type JobErrorCode =
  | "handler_error"
  | "run_timeout"
  | "queue_timeout"
  | "runs_exhausted"
  | "result_too_large"
  | "result_not_serialisable"
  | "unknown_kind"
  | "input_invalid"
  | "blocked_address"
  | "upstream_failed";

export interface JobError {
  readonly code: JobErrorCode;
  /** At most 8 KiB, with nothing in it that the handler did not say. */
  readonly message: string;
  /** The number of the run that ended it; 0 when no run had begun. */
  readonly run: number;
}

/** A job's result as it is kept: the exact bytes a reader gets. JSON results are UTF-8 text. */
export interface JobResult {
  readonly contentType: string;
  readonly body: Uint8Array;
}

export type MetadataValue = string | number | boolean | null;
export type Metadata = Readonly<Record<string, MetadataValue>>;

/** Where a job calls back: its own URL, or a registered endpoint. */
export type Callback =
  | {
      readonly url: string;
      readonly events: EventPatterns;
      readonly headers: Readonly<Record<string, string>>;
      /** `whsec_…`; without one the tenant's callback secret signs. */
      readonly secret: string | null;
    }
  | { readonly endpointId: string; readonly events: EventPatterns };

export interface DeliveryCounts {
  readonly pending: number;
  readonly delivered: number;
  readonly dead: number;
  readonly canceled: number;
}

/** What intake hands to the store; everything in it has been validated. */
export interface NewJob {
  readonly tenantId: string;
  readonly id: string;
  readonly kind: string;
  /** The raw JSON text of `input`, kept byte for byte; null when there was none. */
  readonly input: string | null;
  readonly metadata: Metadata;
  /** −100 … 100; the greater runs first. */
  readonly priority: number;
  readonly runAt: Instant | null;
  readonly runTimeoutMs: number;
  /** How long it may wait for its first run once it could begin; null for as long as it takes. */
  readonly queueTimeoutMs: number | null;
  readonly maxRuns: number;
  /** How long input and result are kept after the end. */
  readonly resultTtlMs: number;
  readonly callback: Callback | null;
  readonly traceparent: string | null;
}

/** The job as every reader sees it, without its input's and its result's bytes. */
export interface Job {
  readonly tenantId: string;
  readonly id: string;
  readonly kind: string;
  readonly status: JobStatus;
  readonly priority: number;
  readonly metadata: Metadata;
  readonly progress: { readonly percent: number; readonly message: string | null } | null;
  readonly error: JobError | null;
  /** Runs begun so far. */
  readonly runs: number;
  readonly callback: {
    /** Null when the callback names an endpoint and no URL of its own. */
    readonly url: string | null;
    readonly endpointId: string | null;
    readonly deliveries: DeliveryCounts;
  } | null;
  readonly createdAt: Instant;
  readonly runAt: Instant | null;
  readonly startedAt: Instant | null;
  readonly finishedAt: Instant | null;
  /** When its input and result are erased; null while it is not done. */
  readonly expiresAt: Instant | null;
  /** When they were: what is left is a tombstone. */
  readonly erasedAt: Instant | null;
  /** When its result was erased because somebody asked for it. */
  readonly resultErasedAt: Instant | null;
  readonly cancelRequestedAt: Instant | null;
  /** Grows with every change a reader can see; the ETag is made of it. */
  readonly version: number;
}

/** A job with its payloads, as `GET /v1/jobs/{id}` and an event's body need it. */
export interface JobWithPayloads extends Job {
  /** Raw JSON text; null when there is none, undefined when a list left a long one out. */
  readonly input: string | null | undefined;
  /** Null when there is none, and when a list left a long one out. */
  readonly result: JobResult | null;
}
