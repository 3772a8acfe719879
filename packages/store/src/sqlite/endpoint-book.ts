// Remembers which endpoints of a tenant want which events, so that accepting a job does not ask the database each time.
//
// One process holds the file, so what is remembered is true until this process changes an endpoint or rolls back.
import { matchesEvent, withoutQuery, type EventPatterns } from "@ringback/core";
import type { Client } from "./rows.ts";
import type { EndpointBook, KnownEndpoint } from "./states.ts";

export interface EndpointMemory extends EndpointBook {
  forget(tenantId: string): void;
  forgetAll(): void;
}

interface TenantPage {
  readonly byId: ReadonlyMap<string, KnownEndpoint>;
  readonly byType: Map<string, readonly KnownEndpoint[]>;
}

const tenantsMax = 10_000;
const typesMax = 100;

export function createEndpointBook(client: Client): EndpointMemory {
  const pages = new Map<string, TenantPage>();
  const select = client.prepare<[string], { id: string; url: string; host: string; events: string }>(
    "select id, url, host, events from endpoint where tenant_id = ? and deleted_at is null order by created_at, id",
  );

  function pageOf(tenantId: string): TenantPage {
    const known = pages.get(tenantId);
    if (known !== undefined) return known;
    const byId = new Map<string, KnownEndpoint>();
    for (const { id, url, host, events } of select.all(tenantId)) {
      byId.set(id, { id, url: withoutQuery(url), host, events: JSON.parse(events) as EventPatterns });
    }
    if (pages.size >= tenantsMax) pages.clear();
    const page = { byId, byType: new Map<string, readonly KnownEndpoint[]>() };
    pages.set(tenantId, page);
    return page;
  }

  return {
    find: (tenantId, endpointId) => pageOf(tenantId).byId.get(endpointId),
    wanting(tenantId, type) {
      const { byId, byType } = pageOf(tenantId);
      const known = byType.get(type);
      if (known !== undefined) return known;
      const wanting = [...byId.values()].filter((candidate) => matchesEvent(candidate.events, type));
      if (byType.size >= typesMax) byType.clear();
      byType.set(type, wanting);
      return wanting;
    },
    forget: (tenantId) => void pages.delete(tenantId),
    forgetAll: () => pages.clear(),
  };
}
