// Idempotency keys as the store is handed them: a tenant's, the same for jobs and events.
import type { Instant } from "./time.ts";

export interface IdempotencyUse {
  readonly key: string;
  /** SHA-256 of what makes the request the same, in hex. */
  readonly requestHash: string;
  readonly expiresAt: Instant;
}

/** The key has been used for another request, which made this job or event. */
export interface KeyReused {
  readonly kind: "key_reused";
  readonly requestHash: string;
  readonly madeId: string;
}
