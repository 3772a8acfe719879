// A delivery: one event owed to one receiver, with its attempts.
import type { Instant } from "../ports/time.ts";
import type { AttemptCode, AttemptOutcome } from "./outcome.ts";

/** `pending → delivered | dead | canceled`; only a redelivery makes a delivery pending again. */
export type DeliveryStatus = "pending" | "delivered" | "dead" | "canceled";
export const deliveryStatuses: readonly DeliveryStatus[] = ["pending", "delivered", "dead", "canceled"];

/** Who asked for an attempt. */
export type Trigger = "auto" | "manual" | "replay" | "test";

export interface Delivery {
  readonly tenantId: string;
  readonly id: string;
  readonly eventId: string;
  readonly eventType: string;
  readonly jobId: string | null;
  /** Null when it is owed to a job's inline callback. */
  readonly endpointId: string | null;
  readonly laneId: string;
  /** The receiver's URL without its query, as it was at the last attempt or, before one, at creation. */
  readonly url: string;
  readonly host: string;
  readonly status: DeliveryStatus;
  /** When the next attempt is due; null unless pending. */
  readonly dueAt: Instant | null;
  /** Set while an attempt is in flight or about to begin. */
  readonly attemptStartedAt: Instant | null;
  /** Attempts made so far, of whatever trigger. */
  readonly attempts: number;
  /** The number of attempts at which the present round ends if all of them fail; null before the first. */
  readonly attemptsMax: number | null;
  /** The last attempt's code and HTTP status. */
  readonly code: AttemptCode | null;
  readonly httpStatus: number | null;
  readonly createdAt: Instant;
  readonly finishedAt: Instant | null;
}

export interface Attempt {
  readonly id: string;
  /** 1 … n without a gap within the delivery. */
  readonly n: number;
  readonly trigger: Trigger;
  readonly startedAt: Instant;
  readonly durationMs: number;
  /** Without its query. */
  readonly url: string;
  readonly request: { readonly headers: Readonly<Record<string, string>>; readonly bodyBytes: number } | null;
  readonly response: AttemptResponse | null;
  readonly outcome: AttemptOutcome;
  readonly code: AttemptCode;
  /** One plain sentence about what went wrong; null when nothing did. */
  readonly detail: string | null;
  readonly peerAddress: string | null;
  /** When the schedule retries; null when it does not. */
  readonly retryAt: Instant | null;
}

export interface AttemptResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The first 16 KiB at most, as the receiver sent them. */
  readonly body: Uint8Array;
  readonly truncated: boolean;
}
