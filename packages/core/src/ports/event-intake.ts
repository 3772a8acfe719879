// The part of the store port that tells events which no job tells of itself: an operator's own.
import type { IdempotencyUse, KeyReused } from "./idempotency.ts";
import type { Instant } from "./time.ts";

export interface EventIntake {
  /**
   * Tells events: the event with its exact body, its idempotency key, a delivery to every endpoint of the tenant that wants
   * its type (a paused one holds it), and the rings, in one commit.
   */
  acceptEvents(items: readonly EventAcceptance[], now: Instant): Promise<AcceptedEvent[]>;
}

export interface EventAcceptance {
  readonly tenantId: string;
  readonly type: string;
  /** JSON text; it stands in the body as it is. */
  readonly data: string;
  readonly idempotency: IdempotencyUse | null;
}

export type AcceptedEvent =
  | ({ readonly kind: "accepted" } & ToldEvent)
  /** The key has been used for the same request; what was answered then. */
  | ({ readonly kind: "replayed" } & ToldEvent)
  | KeyReused;

export interface ToldEvent {
  readonly id: string;
  readonly createdAt: Instant;
  /** How many deliveries were made of it. */
  readonly deliveries: number;
}
