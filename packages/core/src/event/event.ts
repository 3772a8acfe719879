// Events: what happened, as the webhook and the feed tell it, with the exact bytes that are signed.
import type { JobStatus } from "../job/job.ts";
import { formatInstant, type Instant } from "../ports/time.ts";
import type { EventPatterns } from "./event-pattern.ts";

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

/** What Ringback tells an operator about deliveries and endpoints. Written when an endpoint of the tenant wants to hear of it. */
export type OperationalEventType = "endpoint.failing" | "endpoint.paused" | "delivery.dead";

export const operationalEventTypes: readonly OperationalEventType[] = [
  "endpoint.failing",
  "endpoint.paused",
  "delivery.dead",
];

/** What an endpoint is sent to try it out; it goes to that endpoint alone, whatever its filter. */
export const testEventType = "endpoint.test";

/** What a callback hears when it does not choose: how the job ended. */
export const terminalEvents: EventPatterns = ["job.succeeded", "job.failed", "job.canceled"];

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
