// Reads of endpoints and of the secrets a tenant's callbacks are signed with. Twin file: byte-identical for every dialect.
import { and, desc, eq, gt, inArray, isNotNull, isNull, or } from "drizzle-orm";
import type { PublicKey, ReadStore } from "@ringback/core";
import type { Sealing } from "../../sealing.ts";
import { callbackOwner, secretPlace } from "../../secret-place.ts";
import type { Database } from "../columns.ts";
import { endpointOf, type EndpointRow } from "../nouns.ts";
import { endpoint, signingSecret } from "../schema.ts";
import { isAfter, pageOf } from "./paging.ts";

export type EndpointReads = Pick<ReadStore, "getEndpoint" | "listEndpoints" | "callbackSecrets">;

export function createEndpointReads(database: Database, sealing: Sealing): EndpointReads {
  /** By endpoint; only pairs have public keys, and most endpoints have none. */
  async function publicKeysOf(
    tenantId: string,
    rows: readonly EndpointRow[],
  ): Promise<(row: EndpointRow) => readonly PublicKey[]> {
    const ids = rows.filter(({ signature }) => signature === "standard-ed25519").map(({ id }) => id);
    if (ids.length === 0) return () => [];
    const keys = await database
      .select()
      .from(signingSecret)
      .where(
        and(
          eq(signingSecret.tenantId, tenantId),
          inArray(signingSecret.owner, ids),
          isNotNull(signingSecret.publicKey),
        ),
      )
      .orderBy(desc(signingSecret.n));
    const byOwner = Map.groupBy(keys, ({ owner }) => owner);
    return ({ id }) =>
      (byOwner.get(id) ?? []).map(({ publicKey, createdAt, expiresAt }) => ({
        publicKey: publicKey ?? "",
        createdAt,
        expiresAt,
      }));
  }

  return {
    async getEndpoint(tenantId, endpointId) {
      const rows = await database
        .select()
        .from(endpoint)
        .where(and(eq(endpoint.tenantId, tenantId), eq(endpoint.id, endpointId), isNull(endpoint.deletedAt)));
      const [row] = rows;
      if (row === undefined) return null;
      const keysOf = await publicKeysOf(tenantId, rows);
      return endpointOf(row, sealing, keysOf(row));
    },
    async listEndpoints(tenantId, page) {
      const rows = await database
        .select()
        .from(endpoint)
        .where(
          and(
            eq(endpoint.tenantId, tenantId),
            isNull(endpoint.deletedAt),
            isAfter(page, endpoint.createdAt, endpoint.id),
          ),
        )
        .orderBy(desc(endpoint.createdAt), desc(endpoint.id))
        .limit(page.limit + 1);
      const keysOf = await publicKeysOf(tenantId, rows);
      return pageOf(rows, page.limit, {
        item: (row) => endpointOf(row, sealing, keysOf(row)),
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
