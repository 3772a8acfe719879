// Which endpoints of the tenants at hand want which events, as they are when the transaction looks.
//
// Nothing is remembered between transactions: another process may have changed an endpoint a moment ago, and whoever was
// told of that may rely on it.
import { matchesEvent, withoutQuery, type EventPatterns } from "@ringback/core";
import type { EndpointBook, KnownEndpoint } from "./states.ts";
import type { Transaction } from "./transaction.ts";

export const noEndpoints: EndpointBook = { find: () => undefined, wanting: () => [] };

interface EndpointLine extends KnownEndpoint {
  readonly tenantId: string;
  readonly events: EventPatterns;
}

export async function readEndpointBook(
  transaction: Transaction,
  tenantIds: Iterable<string>,
): Promise<EndpointBook> {
  const wanted = [...new Set(tenantIds)];
  if (wanted.length === 0) return noEndpoints;
  const rows = await transaction.ask<EndpointLine>(
    `select tenant_id as "tenantId", id, url, host, events from endpoint
     where tenant_id = any($1::text[]) and deleted_at is null order by tenant_id, created_at, id`,
    [wanted],
  );
  if (rows.length === 0) return noEndpoints;
  const byTenant = new Map<string, KnownEndpoint[]>();
  for (const { tenantId, id, url, host, events } of rows) {
    const known = { id, url: withoutQuery(url), host, events };
    const page = byTenant.get(tenantId);
    if (page === undefined) byTenant.set(tenantId, [known]);
    else page.push(known);
  }
  return {
    find: (tenantId, endpointId) => byTenant.get(tenantId)?.find(({ id }) => id === endpointId),
    wanting: (tenantId, type) =>
      (byTenant.get(tenantId) ?? []).filter(({ events }) => matchesEvent(events, type)),
  };
}
