// Opens the database file so that what is committed is on disk, or says why that cannot be.
import { closeSync, existsSync, openSync } from "node:fs";
import { resolve } from "node:path";
import Sqlite from "better-sqlite3";
import { CannotOpenStore } from "../cannot-open-store.ts";
import { lockFile, type FileLock } from "./lock.ts";
import { makeRealPath } from "./real-path.ts";
import type { Client } from "./rows.ts";

/** A database that lives as long as it is open: for tests. */
export const inMemory = ":memory:";

export interface OpenFile {
  readonly client: Client;
  close(): void;
}

const busyTimeoutMs = 5_000;
/** The first that does not lose commits when a WAL is reset (SQLite's WAL-reset bug). */
const sqliteVersionMin = "3.51.3";
/**
 * 4 MB of WAL before its pages are copied into the file, which holds up whoever has just committed: with 16 MB that took over
 * 100 ms now and then.
 */
const walPagesMax = 1_000;
const walBytesKept = 64 * 1_024 * 1_024;
/** Each connection keeps so much of the file; the rest is in the cache of the operating system, a copy away. */
const cacheKibibytes = 16 * 1_024;

/** Throws CannotOpenStore. The folder is made with mode 0700, the file with 0600. */
export function openFile(path: string): OpenFile {
  if (path === inMemory) {
    const client = new Sqlite(path);
    prepareClient(client);
    return { client, close: () => void client.close() };
  }
  const named = resolve(path);
  // One file is locked once, by whatever path or link it is named.
  const file = refusing(named, () => makeRealPath(named));
  const lock = refusing(file, () => lockNewOrExisting(file));
  try {
    return refusing(file, () => {
      const client = openConnection(file);
      try {
        requireWritable(client);
        return { client, close: () => closeBoth(client, lock) };
      } catch (thrown) {
        client.close();
        throw thrown;
      }
    });
  } catch (thrown) {
    lock.release();
    throw thrown;
  }
}

/** One more connection to a file that this process has locked. Throws CannotOpenStore, or SQLite's own errors. */
export function openConnection(file: string): Client {
  const client = new Sqlite(file);
  try {
    prepareClient(client);
    requireDurable(client);
    return client;
  } catch (thrown) {
    client.close();
    throw thrown;
  }
}

/** The lock comes first: closing another descriptor of a file drops the locks that SQLite has on it in this process. */
function lockNewOrExisting(file: string): FileLock {
  const lock = lockFile(file);
  try {
    if (!existsSync(file)) closeSync(openSync(file, "a", 0o600));
    return lock;
  } catch (thrown) {
    lock.release();
    throw thrown;
  }
}

function prepareClient(client: Client): void {
  requireVersion(client);
  client.pragma(`busy_timeout = ${busyTimeoutMs}`);
  client.pragma("journal_mode = WAL");
  client.pragma("synchronous = FULL");
  client.pragma("foreign_keys = ON");
  client.pragma(`wal_autocheckpoint = ${walPagesMax}`);
  client.pragma(`journal_size_limit = ${walBytesKept}`);
  client.pragma(`cache_size = -${cacheKibibytes}`);
}

function requireVersion(client: Client): void {
  const version = client.prepare<[], string>("select sqlite_version()").pluck().get() ?? "0";
  if (compareVersions(version, sqliteVersionMin) >= 0) return;
  const message =
    `SQLite ${version} is too old: before ${sqliteVersionMin} it can lose commits when it resets its WAL. ` +
    `Install Ringback's own dependencies again (npm ci).`;
  throw new CannotOpenStore("old_sqlite", client.name, { message });
}

/** Negative when `left` is the older one. */
export function compareVersions(left: string, right: string): number {
  const numbers = (version: string): number[] => version.split(".").map(Number);
  const others = numbers(right);
  const differences = numbers(left).map((number, at) => number - (others[at] ?? 0));
  return differences.find((difference) => difference !== 0) ?? 0;
}

function requireDurable(client: Client): void {
  const journalMode = client.pragma("journal_mode", { simple: true });
  const synchronous = client.pragma("synchronous", { simple: true });
  const foreignKeys = client.pragma("foreign_keys", { simple: true });
  if (journalMode === "wal" && synchronous === 2 && foreignKeys === 1) return;
  const message =
    `${client.name} cannot be opened durably: journal_mode is ${String(journalMode)} (wal is needed), synchronous is ` +
    `${String(synchronous)} (2 is needed). A network or overlay file system may not allow it: use a local disk.`;
  throw new CannotOpenStore("not_durable", client.name, { message });
}

/** Writes the version number it has, so that a file or disk that cannot be written is known before the first job. */
function requireWritable(client: Client): void {
  const version = Number(client.pragma("user_version", { simple: true }));
  client.transaction(() => client.pragma(`user_version = ${version}`)).immediate();
}

function closeBoth(client: Client, lock: FileLock): void {
  client.close();
  lock.release();
}

function refusing<Result>(file: string, open: () => Result): Result {
  try {
    return open();
  } catch (cause) {
    if (cause instanceof CannotOpenStore) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    if (cause instanceof Sqlite.SqliteError && /^SQLITE_(?:NOTADB|CORRUPT)/.test(cause.code)) {
      const message = `${file} is not a sound SQLite database (${reason}). Restore it from a backup, or set RINGBACK_SQLITE_PATH to another file.`;
      throw new CannotOpenStore("not_a_database", file, { message, cause });
    }
    const message = `The database file ${file} cannot be written (${reason}). Give this user the right to write its folder, or set RINGBACK_SQLITE_PATH to another file.`;
    throw new CannotOpenStore("not_writable", file, { message, cause });
  }
}
