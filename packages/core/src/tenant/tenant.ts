// A tenant, and what it may ask of the installation. A limit of its own stands before the installation's default.
import type { Instant } from "../ports/time.ts";

/** Null: the installation's default holds. */
export interface TenantLimits {
  /** Jobs that are queued or running. */
  readonly unfinishedMax: number | null;
  /** Jobs that run at once, over all processes. */
  readonly runningMax: number | null;
  /** Requests of each of its keys, in each process. */
  readonly requestsPerMinute: number | null;
}

export const limitNames = ["unfinishedMax", "runningMax", "requestsPerMinute"] as const;

export const noLimits: TenantLimits = { unfinishedMax: null, runningMax: null, requestsPerMinute: null };

export interface Tenant {
  readonly id: string;
  readonly name: string | null;
  readonly limits: TenantLimits;
  readonly createdAt: Instant;
  readonly updatedAt: Instant;
}

const tenantIdShape = /^[a-z0-9][a-z0-9_-]{0,62}$/;

/** Chosen by the operator: 1 to 63 small letters, digits, `-` and `_`, beginning with a letter or digit. */
export function isTenantId(text: string): boolean {
  return tenantIdShape.test(text);
}
