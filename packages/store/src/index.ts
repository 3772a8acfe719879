// The door of store.
export type { CannotOpenCode, CannotOpenStore } from "./cannot-open-store.ts";
export type { CommitStatistics } from "./group-commit.ts";
export { openSqliteStore, type SqliteStore, type SqliteStoreOptions } from "./sqlite/open.ts";
