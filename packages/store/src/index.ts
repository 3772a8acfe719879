// The door of store. The PostgreSQL adapter joins it with the server's scale-out mode; until then its tests open it.
export type { CannotOpenCode, CannotOpenStore } from "./cannot-open-store.ts";
export type { CommitStatistics } from "./group-commit.ts";
export { openSqliteStore, type SqliteStore, type SqliteStoreOptions } from "./sqlite/open.ts";
