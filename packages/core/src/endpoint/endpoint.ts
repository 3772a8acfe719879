// A registered endpoint: a receiver with its own filter, policy and secret.
import type { EventPatterns } from "../event/event-pattern.ts";
import type { RetryPolicy } from "../delivery/backoff.ts";
import type { Instant } from "../ports/time.ts";

/** A paused endpoint holds its deliveries and drops none. */
export type EndpointStatus = "active" | "paused";

/** Why an endpoint is paused: by its owner, by its receiver's 410, or because it has failed for `failingPausesMs`. */
export type PauseReason = "operator" | "gone" | "failing";
export const pauseReasons: readonly PauseReason[] = ["operator", "gone", "failing"];

/**
 * How a webhook says who sent it. `standard`: Standard Webhooks, HMAC-SHA256 (v1). `standard-ed25519`: the same with a pair
 * of keys (v1a). `github` and `stripe`: as these two sign theirs, for receivers that verify with their libraries.
 */
export type SignatureForm = "standard" | "standard-ed25519" | "github" | "stripe";
export const signatureForms: readonly SignatureForm[] = ["standard", "standard-ed25519", "github", "stripe"];

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
  /** Attempts in flight at once, 1 … `maxInFlightMax`; null means the installation's own number. */
  readonly maxInFlight: number | null;
  /** Attempts begun within any second, 1 … `ratePerSecondMax`; null means no limit. */
  readonly ratePerSecond: number | null;
  /** One at a time and in the order of the events; while one waits for its retry, those behind it wait, too. */
  readonly ordered: boolean;
  readonly signature: SignatureForm;
  /** With `standard-ed25519`: what its webhooks verify with, the newest first, those included whose overlap has ended a moment ago. */
  readonly publicKeys: readonly PublicKey[];
  readonly status: EndpointStatus;
  readonly pausedReason: PauseReason | null;
  readonly metadata: Readonly<Record<string, string | number | boolean | null>>;
  readonly createdAt: Instant;
  readonly updatedAt: Instant;
}

export interface PublicKey {
  readonly publicKey: string;
  readonly createdAt: Instant;
  /** Null for the newest; when the overlap of a rotated one ends. */
  readonly expiresAt: Instant | null;
}

/** What an owner may change of an endpoint. A member that is left out stays as it is. */
export interface EndpointChange {
  readonly url?: string;
  /** Of the new URL; given with it. */
  readonly host?: string;
  readonly events?: EventPatterns;
  readonly description?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly retry?: RetryPolicy | null;
  readonly timeoutMs?: number | null;
  readonly maxInFlight?: number | null;
  readonly ratePerSecond?: number | null;
  readonly ordered?: boolean;
  readonly signature?: SignatureForm;
  readonly metadata?: Endpoint["metadata"];
}

export const maxInFlightMax = 100;
export const ratePerSecondMax = 1_000;

export const attemptTimeoutDefaultMs = 15_000;
export const attemptTimeoutMinMs = 1_000;
export const attemptTimeoutMaxMs = 30_000;
