// What a change makes of an endpoint's row, and what the audit says of it: the same for every dialect.
import type { AttemptCode, AuditDetails, EndpointChange, Instant } from "@ringback/core";

/** Everything about an endpoint that its owner changes. */
export const endpointChanging = [
  "url",
  "host",
  "events",
  "description",
  "sealedHeaders",
  "retry",
  "timeoutMs",
  "maxInFlight",
  "ratePerSecond",
  "ordered",
  "signature",
  "metadata",
  "updatedAt",
] as const;

interface ChangingRow {
  readonly tenantId: string;
  readonly id: string;
  readonly updatedAt: Instant;
}

/** `updated_at` grows with every change, so that whoever has seen an endpoint can say so by it. */
export function nextVersion(updatedAt: Instant, now: Instant): Instant {
  return Math.max(now, updatedAt + 1);
}

/** Headers stay apart: they are sealed by the caller. */
export function changedEndpoint<Row extends ChangingRow>(
  row: Row,
  change: EndpointChange,
  now: Instant,
): { readonly row: Row; readonly details: AuditDetails } {
  const { headers: _headers, ...plain } = change;
  const next = { ...row, ...plain, updatedAt: nextVersion(row.updatedAt, now) };
  const changed = Object.keys(change).filter((name) => name !== "host");
  const details = { changed, ...(change.host !== undefined && { host: change.host }) };
  return { row: next, details };
}

/** A pending delivery whose endpoint has been deleted. */
export function canceledDelivery<Row extends { readonly code: AttemptCode | null }>(row: Row, now: Instant) {
  const over = { status: "canceled", dueAt: null, trigger: "auto", finishedAt: now } as const;
  return { ...row, ...over, code: "endpoint_deleted" as const, httpStatus: null };
}
