// Reads of API keys. Twin file: byte-identical for every dialect.
import { eq, sql } from "drizzle-orm";
import type { TenantStore } from "@ringback/core";
import { prepared, type Database } from "../columns.ts";
import { apiKey } from "../schema.ts";

export type KeyReads = Pick<TenantStore, "findKey">;

export function createKeyReads(database: Database): KeyReads {
  const find = prepared(
    database
      .select()
      .from(apiKey)
      .where(eq(apiKey.lookup, sql.placeholder("lookup"))),
    "find_key",
  );
  return {
    async findKey(lookup) {
      const [row] = await find.execute({ lookup });
      return row ?? null;
    },
  };
}
