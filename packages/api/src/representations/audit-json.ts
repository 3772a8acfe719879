// How an entry of the audit is spelled. `by` is missing when Ringback itself did it, by its settings.
import { formatInstant, type AuditEntry } from "@ringback/core";

export function auditJson({ id, tenantId, at, action, subject, by, reason, details }: AuditEntry): string {
  return JSON.stringify({
    id,
    tenantId,
    at: formatInstant(at),
    action,
    subject,
    ...(by === null ? {} : { by }),
    ...(reason === null ? {} : { reason }),
    details,
  });
}
