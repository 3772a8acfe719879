// A tenant's row after a change, and what of it is different: pure, and the same for every dialect.
import {
  limitNames,
  type AuditDetails,
  type Instant,
  type TenantChange,
  type TenantLimits,
} from "@ringback/core";

interface TenantColumns extends TenantLimits {
  readonly name: string | null;
  readonly updatedAt: Instant | null;
}

/** `details` has what differs, with its new value; null when nothing does. */
export function changedTenant<Row extends TenantColumns>(
  row: Row,
  change: TenantChange,
  now: Instant,
): { readonly row: Row; readonly details: AuditDetails } | null {
  const { name, limits = {} } = change;
  const details: Record<string, string | number | null> = {};
  if (name !== undefined && name !== row.name) details["name"] = name;
  for (const limit of limitNames) {
    const asked = limits[limit];
    if (asked !== undefined && asked !== row[limit]) details[limit] = asked;
  }
  if (Object.keys(details).length === 0) return null;
  return { row: { ...row, ...details, updatedAt: now }, details };
}
