// Which endpoints of the tenants at hand want which events, as they are when the transaction looks.
//
// Another process may have changed an endpoint a moment ago, and whoever was told of that may rely on it. So what is remembered
// between transactions is used only together with a check that it still is so (`foresight.ts`).
import { matchesEvent, withoutQuery, type EventPatterns, type Instant } from "@ringback/core";
import type { EndpointBook, KnownEndpoint } from "./states.ts";
import type { Transaction } from "./transaction.ts";

export const noEndpoints: EndpointBook = { find: () => undefined, wanting: () => [] };

/** What is known of one tenant's endpoints. */
export interface TenantEndpoints {
  readonly known: readonly KnownEndpoint[];
  /** Another one as soon as any of them has changed; what `endpointsMark` makes in SQL. */
  readonly mark: string | null;
}

interface EndpointLine extends KnownEndpoint {
  readonly tenantId: string;
  readonly events: EventPatterns;
  readonly updatedAt: Instant;
}

const select = `select tenant_id as "tenantId", id, url, host, events, updated_at as "updatedAt" from endpoint
  where tenant_id = any($1::text[]) and deleted_at is null order by tenant_id, created_at, id`;

/** The mark of a tenant's endpoints as they are now, as an expression; null when there are none. */
export const endpointsMark = (tenantId: string): string =>
  `(select string_agg(e.id || ' ' || e.updated_at, ',' order by e.created_at, e.id) from endpoint as e
    where e.tenant_id = ${tenantId} and e.deleted_at is null)`;

export async function readEndpointBook(
  transaction: Transaction,
  tenantIds: Iterable<string>,
): Promise<EndpointBook> {
  return endpointBookOf(await readTenantEndpoints(transaction, tenantIds));
}

/** By tenant; one without endpoints is not there. */
export async function readTenantEndpoints(
  transaction: Transaction,
  tenantIds: Iterable<string>,
): Promise<ReadonlyMap<string, TenantEndpoints>> {
  const wanted = [...new Set(tenantIds)];
  if (wanted.length === 0) return new Map();
  const rows = await transaction.ask<EndpointLine>(select, [wanted]);
  const byTenant = Map.groupBy(rows, ({ tenantId }) => tenantId);
  return new Map([...byTenant].map(([tenantId, lines]) => [tenantId, tenantEndpointsOf(lines)]));
}

function tenantEndpointsOf(lines: readonly EndpointLine[]): TenantEndpoints {
  return {
    known: lines.map(({ id, url, host, events }) => ({ id, url: withoutQuery(url), host, events })),
    mark: lines.map(({ id, updatedAt }) => `${id} ${updatedAt}`).join(","),
  };
}

export function endpointBookOf(byTenant: ReadonlyMap<string, TenantEndpoints>): EndpointBook {
  if (byTenant.size === 0) return noEndpoints;
  const of = (tenantId: string): readonly KnownEndpoint[] => byTenant.get(tenantId)?.known ?? [];
  return {
    find: (tenantId, endpointId) => of(tenantId).find(({ id }) => id === endpointId),
    wanting: (tenantId, type) => of(tenantId).filter(({ events }) => matchesEvent(events, type)),
  };
}
