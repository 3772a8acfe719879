// The door of store. An adapter is loaded when it is opened: nobody needs both, and each brings a driver of its own.
import type { PostgresStore, PostgresStoreOptions } from "./postgres/open.ts";
import type { SqliteStore, SqliteStoreOptions } from "./sqlite/open.ts";

export type { CannotOpenCode, CannotOpenStore } from "./cannot-open-store.ts";
export { commitSizes, type CommitStatistics } from "./commit-statistics.ts";
export type { PostgresStore, PostgresStoreOptions } from "./postgres/open.ts";
export type { SqliteStore, SqliteStoreOptions } from "./sqlite/open.ts";

/** Rejects with CannotOpenStore, whose message says what to do. */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<SqliteStore> {
  const adapter = await import("./sqlite/open.ts");
  return adapter.openSqliteStore(options);
}

/** Rejects with CannotOpenStore, whose message says what to do. */
export async function openPostgresStore(options: PostgresStoreOptions): Promise<PostgresStore> {
  const adapter = await import("./postgres/open.ts");
  return adapter.openPostgresStore(options);
}

/** Brings PostgreSQL's tables up to date; how many migrations were applied. Rejects with CannotOpenStore. */
export async function migratePostgres(options: {
  readonly connectionString: string;
  /** When, for the record; milliseconds since 1970. */
  readonly now: number;
}): Promise<number> {
  const adapter = await import("./postgres/open.ts");
  return adapter.migratePostgres(options);
}
