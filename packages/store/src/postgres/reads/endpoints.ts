// Reads of endpoints and of the secrets a tenant's callbacks are signed with. Twin file: byte-identical for every dialect.
import { and, desc, eq, gt, isNull, or } from "drizzle-orm";
import type { ReadStore } from "@ringback/core";
import type { Sealing } from "../../sealing.ts";
import { callbackOwner, secretPlace } from "../../secret-place.ts";
import type { Database } from "../columns.ts";
import { endpointOf } from "../nouns.ts";
import { endpoint, signingSecret } from "../schema.ts";
import { isAfter, pageOf } from "./paging.ts";

export type EndpointReads = Pick<ReadStore, "getEndpoint" | "listEndpoints" | "callbackSecrets">;

export function createEndpointReads(database: Database, sealing: Sealing): EndpointReads {
  return {
    async getEndpoint(tenantId, endpointId) {
      const [row] = await database
        .select()
        .from(endpoint)
        .where(and(eq(endpoint.tenantId, tenantId), eq(endpoint.id, endpointId)));
      return row === undefined ? null : endpointOf(row, sealing);
    },
    async listEndpoints(tenantId, page) {
      const rows = await database
        .select()
        .from(endpoint)
        .where(and(eq(endpoint.tenantId, tenantId), isAfter(page, endpoint.createdAt, endpoint.id)))
        .orderBy(desc(endpoint.createdAt), desc(endpoint.id))
        .limit(page.limit + 1);
      return pageOf(rows, page.limit, {
        item: (row) => endpointOf(row, sealing),
        position: (row) => ({ at: row.createdAt, id: row.id }),
      });
    },
    async callbackSecrets(tenantId, now) {
      const active = or(isNull(signingSecret.expiresAt), gt(signingSecret.expiresAt, now));
      const rows = await database
        .select()
        .from(signingSecret)
        .where(and(eq(signingSecret.tenantId, tenantId), eq(signingSecret.owner, callbackOwner), active))
        .orderBy(desc(signingSecret.n));
      return rows.map((row) => ({
        secret: sealing.open(row.sealed, secretPlace(row)),
        createdAt: row.createdAt,
        expiresAt: row.expiresAt,
      }));
    },
  };
}
