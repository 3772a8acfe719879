// Reads of API keys. Twin file: byte-identical for every dialect.
import { and, desc, eq, sql } from "drizzle-orm";
import type { TenantStore } from "@ringback/core";
import { prepared, type Database } from "../columns.ts";
import { limitsOf } from "../nouns.ts";
import { apiKey, tenant } from "../schema.ts";
import { isAfter, pageOf } from "./paging.ts";

export type KeyReads = Pick<TenantStore, "findKey" | "getKey" | "listKeys">;

export function createKeyReads(database: Database): KeyReads {
  const find = prepared(
    database
      .select({ key: apiKey, tenant })
      .from(apiKey)
      .innerJoin(tenant, eq(tenant.tenantId, apiKey.tenantId))
      .where(eq(apiKey.lookup, sql.placeholder("lookup"))),
    "find_key",
  );
  return {
    async findKey(lookup) {
      const [row] = await find.execute({ lookup });
      return row === undefined ? null : { ...row.key, limits: limitsOf(row.tenant) };
    },
    async getKey(tenantId, keyId) {
      const [row] = await database
        .select()
        .from(apiKey)
        .where(and(eq(apiKey.tenantId, tenantId), eq(apiKey.id, keyId)));
      return row ?? null;
    },
    async listKeys(tenantId, page) {
      const rows = await database
        .select()
        .from(apiKey)
        .where(and(eq(apiKey.tenantId, tenantId), isAfter(page, apiKey.createdAt, apiKey.id)))
        .orderBy(desc(apiKey.createdAt), desc(apiKey.id))
        .limit(page.limit + 1);
      return pageOf(rows, page.limit, {
        item: (row) => row,
        position: (row) => ({ at: row.createdAt, id: row.id }),
      });
    },
  };
}
