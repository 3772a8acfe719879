// Remembers the limits of tenants, so that accepting and claiming jobs does not ask the database each time.
//
// One process holds the file, so what is remembered is true until this process changes a tenant or rolls back.
import { noLimits, type TenantLimits } from "@ringback/core";
import type { Client } from "./rows.ts";

export interface TenantBook {
  /** No limits at all for a tenant that does not exist. */
  limitsOf(tenantId: string): TenantLimits;
  forget(tenantId: string): void;
  forgetAll(): void;
}

const tenantsMax = 10_000;

export function createTenantBook(client: Client): TenantBook {
  const known = new Map<string, TenantLimits>();
  const select = client.prepare<[string], TenantLimits>(
    `select unfinished_max as "unfinishedMax", running_max as "runningMax", requests_per_minute as "requestsPerMinute"
     from tenant where tenant_id = ?`,
  );
  return {
    limitsOf(tenantId) {
      const remembered = known.get(tenantId);
      if (remembered !== undefined) return remembered;
      const limits = select.get(tenantId) ?? noLimits;
      if (known.size >= tenantsMax) known.clear();
      known.set(tenantId, limits);
      return limits;
    },
    forget: (tenantId) => void known.delete(tenantId),
    forgetAll: () => known.clear(),
  };
}
