// What differs between the modes: where the rows lie, and in how many processes the server runs.
import type { Closing } from "../closing.ts";
import type { ModeName } from "../line.ts";
import type { Filling } from "../fill/statements.ts";

/** What one process of the server does. */
export type Role = "all" | "api" | "dispatcher";

export interface Mode {
  readonly name: ModeName;
  /** The processes to start for these roles: the embedded mode is one that does everything. */
  rolesOf(wanted: readonly Role[]): readonly Role[];
  /** An empty database, which is gone when `closing` closes. */
  openDatabase(closing: Closing): Promise<Database>;
}

export interface Database {
  /** What a process of that role is told so that it uses this database. */
  settings(role: Role): Readonly<Record<string, string>>;
  /** Resolves when the rows are on disk. A server must have made the tables, and none may run. */
  addRows(filling: Filling): Promise<void>;
}
