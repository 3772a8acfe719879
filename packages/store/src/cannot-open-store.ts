// Why a store could not be opened; the message says which file or database and what to do, for whoever starts the process.

export type CannotOpenCode =
  /** Another process has the file. */
  | "in_use"
  /** The folder or the file cannot be made, read or written. */
  | "not_writable"
  /** The file is not an SQLite database, or is damaged. */
  | "not_a_database"
  | "old_sqlite"
  | "old_postgres"
  /** The database does not answer, or refuses the user. */
  | "unreachable"
  /** Journal mode or synchronous could not be set as durability needs them. */
  | "not_durable"
  /** A newer or another Ringback has made the tables. */
  | "other_schema"
  /** A migration would leave rows that refer to what is not there. */
  | "broken_migration";

export class CannotOpenStore extends Error {
  readonly code: CannotOpenCode;
  /** The file, or the database without its user and password. */
  readonly path: string;

  constructor(code: CannotOpenCode, path: string, problem: { message: string; cause?: unknown }) {
    super(problem.message, { cause: problem.cause });
    this.name = "CannotOpenStore";
    this.code = code;
    this.path = path;
  }
}
