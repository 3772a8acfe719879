// Which faults of SQLite are nobody's mistake: the file is held, the disk is full, or the file is out of reach.
import Sqlite from "better-sqlite3";
import { StoreUnavailable } from "@ringback/core";
import { asSealedElsewhere } from "../seal-guard.ts";

const full = /^SQLITE_(?:FULL|IOERR_(?:WRITE|FSYNC|DIR_FSYNC|TRUNCATE|SHMSIZE|SHMMAP))/;
const unreachable = /^SQLITE_(?:IOERR|CANTOPEN|READONLY|CORRUPT|NOTADB|PERM|AUTH)/;

/** Null when `thrown` is something else, such as a broken constraint or a programmer's mistake. */
export function asUnavailable(thrown: unknown): StoreUnavailable | null {
  if (thrown instanceof StoreUnavailable) return thrown;
  const sealed = asSealedElsewhere(thrown);
  if (sealed !== null) return sealed;
  if (isClosed(thrown)) return new StoreUnavailable("unreachable", "The store has been closed.");
  const fault = sqliteErrorIn(thrown);
  if (fault === null) return null;
  const options = { cause: fault };
  if (/^SQLITE_(?:BUSY|LOCKED)/.test(fault.code)) {
    const message = "The database file is held by another connection; nothing was written. Try again.";
    return new StoreUnavailable("busy", message, options);
  }
  if (full.test(fault.code)) {
    const message = "The database file cannot grow: its disk is full. Nothing was written. Free some space.";
    return new StoreUnavailable("full", message, options);
  }
  if (unreachable.test(fault.code)) {
    const message = `The database file cannot be read or written (${fault.code}); nothing was written.`;
    return new StoreUnavailable("unreachable", message, options);
  }
  return null;
}

type SqliteError = InstanceType<typeof Sqlite.SqliteError>;

/** Drizzle wraps what the driver threw. */
function sqliteErrorIn(thrown: unknown): SqliteError | null {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    if (error instanceof Sqlite.SqliteError) return error;
  }
  return null;
}

function isClosed(thrown: unknown): boolean {
  return thrown instanceof TypeError && thrown.message.includes("connection is not open");
}
