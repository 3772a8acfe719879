// The door of store.
export type { CannotOpenCode, CannotOpenStore } from "./cannot-open-store.ts";
export type { CommitStatistics } from "./group-commit.ts";
export { openSqliteStore, type SqliteStore, type SqliteStoreOptions } from "./sqlite/open.ts";
export { openPostgresStore, type PostgresStore, type PostgresStoreOptions } from "./postgres/open.ts";
export type { RingStatement } from "./postgres/draft.ts";
