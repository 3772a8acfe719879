// What a process remembers of the tenants it accepts jobs for, from transaction to transaction.
import type { TenantEndpoints } from "./endpoint-book.ts";
import type { TenantLoad } from "./job-counts.ts";

/** What is known of the tenants that are accepted for. */
export interface Foreseen {
  readonly loads: readonly TenantLoad[];
  readonly endpoints: ReadonlyMap<string, TenantEndpoints>;
}

interface Remembered {
  readonly load: TenantLoad;
  readonly endpoints: TenantEndpoints | undefined;
}

/** What a process remembers of tenants between transactions; true of each only together with a check. */
export interface Foresight {
  /** Replaces what was known of these tenants. */
  remember(foreseen: Foreseen): void;
  /** Null when one of them is not known. What is taken is forgotten until it is remembered again. */
  take(tenantIds: readonly string[]): Foreseen | null;
}

const tenantsMax = 1_000;
/** Whose endpoints' names are longer is read each time. */
const markLengthMax = 2_000;

export function createForesight(): Foresight {
  const byTenant = new Map<string, Remembered>();
  return {
    remember({ loads, endpoints }) {
      for (const load of loads) {
        const of = endpoints.get(load.tenantId);
        if ((of?.mark?.length ?? 0) > markLengthMax) continue;
        byTenant.delete(load.tenantId);
        byTenant.set(load.tenantId, { load, endpoints: of });
      }
      for (const [oldest] of byTenant) {
        if (byTenant.size <= tenantsMax) break;
        byTenant.delete(oldest);
      }
    },
    take(tenantIds) {
      const found = tenantIds.map((tenantId) => byTenant.get(tenantId));
      const loads: TenantLoad[] = [];
      const endpoints = new Map<string, TenantEndpoints>();
      for (const one of found) {
        if (one === undefined) return null;
        loads.push({ ...one.load });
        if (one.endpoints !== undefined) endpoints.set(one.load.tenantId, one.endpoints);
      }
      for (const tenantId of tenantIds) byTenant.delete(tenantId);
      return { loads, endpoints };
    },
  };
}
