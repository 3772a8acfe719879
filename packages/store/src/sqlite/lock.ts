// Sees to it that one process at a time has a database file.
//
// The lock is an exclusive transaction on a database of its own beside the file, held for the life of the process: the
// operating system gives it up when the process ends in whatever way, so kill -9 leaves nothing to clean up.
import { chmodSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import Sqlite from "better-sqlite3";
import { CannotOpenStore } from "../cannot-open-store.ts";

export interface FileLock {
  release(): void;
}

/** Throws CannotOpenStore with the code `in_use` when another store, in this process or another one, has the file. */
export function lockFile(path: string): FileLock {
  const pidPath = `${path}.pid`;
  const lock = new Sqlite(`${path}.lock`, { timeout: 0 });
  try {
    chmodSync(`${path}.lock`, 0o600);
    lock.exec("begin exclusive");
  } catch (cause) {
    lock.close();
    if (!(cause instanceof Sqlite.SqliteError) || !cause.code.startsWith("SQLITE_BUSY")) throw cause;
    const message =
      `The database file ${path} is in use by ${holderOf(pidPath)}. Embedded mode allows one process per file: ` +
      `stop that one, or set RINGBACK_SQLITE_PATH to another file.`;
    throw new CannotOpenStore("in_use", path, { message, cause });
  }
  writeFileSync(pidPath, `${process.pid}\n`, { mode: 0o600 });
  return {
    release() {
      rmSync(pidPath, { force: true });
      lock.close();
    },
  };
}

function holderOf(pidPath: string): string {
  try {
    const pid = readFileSync(pidPath, "utf8").trim();
    return /^\d+$/.test(pid) ? `process ${pid}` : "another process";
  } catch {
    return "another process";
  }
}
