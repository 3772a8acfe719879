// A registered endpoint: a receiver with its own filter, policy and secret.
import type { EventPatterns } from "../event/event-pattern.ts";
import type { RetryPolicy } from "../delivery/backoff.ts";
import type { Instant } from "../ports/time.ts";

/** A paused endpoint holds its deliveries and drops none. */
export type EndpointStatus = "active" | "paused";

/** Why an endpoint is paused. */
export type PauseReason = "operator" | "gone";

export interface Endpoint {
  readonly tenantId: string;
  readonly id: string;
  /** With its query; answers show it without. */
  readonly url: string;
  /** Patterns of the events it wants, beside those of callbacks that name it. */
  readonly events: EventPatterns;
  readonly description: string | null;
  /** Extra request headers. Stored sealed; answers show their names only. */
  readonly headers: Readonly<Record<string, string>>;
  /** Null means the default policy. */
  readonly retry: RetryPolicy | null;
  /** Milliseconds for connect, TLS, request and answer's headers together; 1,000 … 30,000. */
  readonly timeoutMs: number | null;
  readonly status: EndpointStatus;
  readonly pausedReason: PauseReason | null;
  readonly metadata: Readonly<Record<string, string | number | boolean | null>>;
  readonly createdAt: Instant;
  readonly updatedAt: Instant;
}

export const attemptTimeoutDefaultMs = 15_000;
export const attemptTimeoutMinMs = 1_000;
export const attemptTimeoutMaxMs = 30_000;
