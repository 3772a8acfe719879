// What an idempotency key says of an operator's own event: the same for every dialect.
import type { AcceptedEvent, EventAcceptance, Instant, KeyReused, ToldEvent } from "@ringback/core";

/** A used key, as far as an answer needs it. */
export interface KeyUse {
  readonly requestHash: string;
  readonly jobId: string | null;
  readonly eventId: string | null;
  readonly eventDeliveries: number | null;
  readonly createdAt: Instant;
}

/** What is answered to an event whose key has been used; the event itself may have left the feed since. */
export function useOfKey(used: KeyUse, { idempotency }: EventAcceptance): AcceptedEvent {
  const { requestHash, eventId, eventDeliveries, createdAt } = used;
  if (requestHash !== idempotency?.requestHash || eventId === null) return keyReused(used);
  return { kind: "replayed", id: eventId, createdAt, deliveries: eventDeliveries ?? 0 };
}

export function keyReused({ requestHash, jobId, eventId }: KeyUse): KeyReused {
  return { kind: "key_reused", requestHash, madeId: jobId ?? eventId ?? "" };
}

/** The key's row; null when the event has none. */
export function eventKeyRow({ tenantId, idempotency }: EventAcceptance, told: ToldEvent) {
  if (idempotency === null) return null;
  const { key, requestHash, expiresAt } = idempotency;
  const { id: eventId, deliveries: eventDeliveries, createdAt } = told;
  return { tenantId, key, requestHash, jobId: null, eventId, eventDeliveries, createdAt, expiresAt };
}
