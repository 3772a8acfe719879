// The door of store.
export { CannotOpenStore, type CannotOpenCode } from "./cannot-open-store.ts";
export type { CommitStatistics } from "./group-commit.ts";
export { SealBroken } from "./sealing.ts";
export { openSqliteStore, type SqliteStore, type SqliteStoreOptions } from "./sqlite/open.ts";
