// The audit: who did what to whose things, when and why. Entries are written with the act itself and never change.
import type { Instant } from "../ports/time.ts";

export const auditActions = [
  "tenant.created",
  "tenant.changed",
  "key.created",
  "key.revoked",
  "callback_secret.rotated",
  "endpoint.created",
  "endpoint.changed",
  "endpoint.deleted",
  "endpoint.secret_rotated",
  "endpoint.tested",
  "endpoint.paused",
  "endpoint.resumed",
  "delivery.redelivered",
  "dead_letter.discarded",
  "dead_letter.noted",
  "replay.created",
  "replay.paused",
  "replay.resumed",
  "replay.canceled",
] as const;

export type AuditAction = (typeof auditActions)[number];

/** Whose key it was; a key of the operator's tenant may act on another tenant. Null: Ringback itself, by its settings. */
export interface Actor {
  readonly tenantId: string;
  readonly keyId: string;
}

/** Who asks for something, and why, if they said so. */
export interface Act {
  readonly by: Actor | null;
  readonly reason: string | null;
}

export interface AuditEntry {
  /** The tenant that it was done to. */
  readonly tenantId: string;
  readonly id: string;
  readonly at: Instant;
  readonly action: AuditAction;
  /** The id of what was changed; the tenant's own for its callback secret. */
  readonly subject: string;
  readonly by: Actor | null;
  readonly reason: string | null;
  /** What was asked for, such as new limits; never a secret, a URL's query or a payload. */
  readonly details: AuditDetails;
}

export type AuditDetails = Readonly<Record<string, string | number | boolean | null | readonly string[]>>;
