// How a tenant is spelled: the limits in force, and which of them are its own.
import { formatInstant, limitNames, type Tenant, type TenantLimits } from "@ringback/core";
import type { ApiSettings } from "../api-deps.ts";

/** With `callbackSecret`, which only the answer that makes the tenant shows. */
export function tenantJson(
  tenant: Tenant,
  settings: Pick<ApiSettings, "tenantUnfinishedMax" | "tenantRunningMax" | "requestsPerMinute">,
  callbackSecret?: string,
): string {
  const { id, name, limits, createdAt, updatedAt } = tenant;
  const defaults: TenantLimits = {
    unfinishedMax: settings.tenantUnfinishedMax,
    runningMax: settings.tenantRunningMax,
    requestsPerMinute: settings.requestsPerMinute,
  };
  const inForce = Object.fromEntries(limitNames.map((limit) => [limit, limits[limit] ?? defaults[limit]]));
  const own = limitNames.filter((limit) => limits[limit] !== null);
  return JSON.stringify({
    id,
    ...(name === null ? {} : { name }),
    limits: inForce,
    /** The names of those limits that are the tenant's own; the others are the installation's. */
    ownLimits: own,
    createdAt: formatInstant(createdAt),
    updatedAt: formatInstant(updatedAt),
    ...(callbackSecret === undefined ? {} : { callbackSecret }),
    links: { self: `/v1/tenants/${id}` },
  });
}
