// The audit's row of an act: the same for every dialect.
import {
  makeId,
  type Act,
  type AuditAction,
  type AuditDetails,
  type Instant,
  type Random,
} from "@ringback/core";

/** What was done, and to whose thing. */
export interface Done {
  readonly tenantId: string;
  readonly action: AuditAction;
  readonly subject: string;
  readonly details?: AuditDetails;
}

export function auditRow(done: Done, act: Act, made: { readonly now: Instant; readonly random: Random }) {
  const { tenantId, action, subject, details = {} } = done;
  return {
    tenantId,
    id: makeId("aud", made.now, made.random),
    at: made.now,
    action,
    subject,
    keyTenantId: act.by?.tenantId ?? null,
    keyId: act.by?.keyId ?? null,
    reason: act.reason,
    details,
  };
}

/** Ringback itself, when it starts with its settings. */
export const bySettings: Act = { by: null, reason: null };
