// Events: what happened, as the webhook and the feed tell it, with the exact bytes that are signed.
import type { JobStatus } from "../job/job.ts";
import { formatInstant, type Instant } from "../ports/time.ts";

export type JobEventType =
  | "job.queued"
  | "job.started"
  | "job.progress"
  | "job.succeeded"
  | "job.failed"
  | "job.canceled";

export const jobEventTypes: readonly JobEventType[] = [
  "job.queued",
  "job.started",
  "job.progress",
  "job.succeeded",
  "job.failed",
  "job.canceled",
];

/** Patterns of event types, such as `job.succeeded` or `job.*`. */
export type CallbackEvents = readonly string[];

/** What a callback hears when it does not choose: how the job ended. */
export const terminalEvents: CallbackEvents = ["job.succeeded", "job.failed", "job.canceled"];

/** The event that a job's arrival in a final status is told by; null for the others. */
export function terminalEventOf(status: JobStatus): JobEventType | null {
  if (status === "succeeded") return "job.succeeded";
  if (status === "failed") return "job.failed";
  return status === "canceled" ? "job.canceled" : null;
}

/** An event as it is kept. `seq` is the feed's order: that of the commits. */
export interface Event {
  readonly tenantId: string;
  readonly id: string;
  readonly seq: number;
  readonly type: string;
  readonly jobId: string | null;
  /** The exact text that is signed, sent and shown in the feed. */
  readonly body: string;
  readonly createdAt: Instant;
}

/** The webhook's body: `data` is JSON text and goes in as it is. */
export function eventBody(type: string, timestamp: Instant, data: string): string {
  return `{"type":${JSON.stringify(type)},"timestamp":"${formatInstant(timestamp)}","data":${data}}`;
}

/** True when one of the patterns matches; `*` stands for any run of characters. Linear in the type's length per `*`. */
export function matchesEvent(patterns: CallbackEvents, type: string): boolean {
  return patterns.some((pattern) => matchesPattern(pattern, type));
}

function matchesPattern(pattern: string, type: string): boolean {
  const parts = pattern.split("*");
  const first = parts[0] ?? "";
  if (parts.length === 1) return pattern === type;
  const last = parts.at(-1) ?? "";
  if (!type.startsWith(first)) return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = type.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return type.length - last.length >= at && type.endsWith(last);
}
