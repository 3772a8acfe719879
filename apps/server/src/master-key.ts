// Where the key comes from that encrypts signing secrets at rest: the setting, or a file beside the database.
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import type { Random } from "@ringback/core";

const keyBytes = 32;

export interface MasterKeyOptions {
  /** RINGBACK_MASTER_KEY. */
  readonly given: Uint8Array | null;
  readonly sqlitePath: string;
  readonly random: Random;
}

/** Throws an Error that says what to do when the key file is missing, damaged, or cannot be read or written. */
export function masterKey(options: MasterKeyOptions): Uint8Array {
  const { given, sqlitePath, random } = options;
  if (given !== null) return given;
  if (sqlitePath === ":memory:") return random.bytes(keyBytes);
  const path = `${sqlitePath}.key`;
  const existing = readKeyFile(path);
  if (existing !== null) return existing;
  if (holdsData(sqlitePath)) {
    throw new Error(
      `The master key file ${path} is missing, but the database is there: what it sealed cannot be read without it. ` +
        `Restore the key file from a backup, or set RINGBACK_MASTER_KEY.`,
    );
  }
  return makeKeyFile(path, random.bytes(keyBytes));
}

/** An empty file is what a start leaves that was broken off before its first commit. */
function holdsData(sqlitePath: string): boolean {
  return (statSync(sqlitePath, { throwIfNoEntry: false })?.size ?? 0) > 0;
}

function readKeyFile(path: string): Uint8Array | null {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (thrown) {
    if (isCode(thrown, "ENOENT")) return null;
    throw new Error(`The master key file ${path} cannot be read; make it readable for this user`, {
      cause: thrown,
    });
  }
  const key = Buffer.from(text.trim(), "base64");
  if (key.length === keyBytes) return new Uint8Array(key);
  throw new Error(
    `The master key file ${path} is damaged: it must hold 32 bytes in base64. Restore it from a backup; without it stored signing secrets cannot be read.`,
  );
}

/**
 * On disk before anything is sealed with it: written under another name, synced, and linked to its own, so that it is
 * there whole or not at all, and of two processes that start at once only one makes it.
 */
function makeKeyFile(path: string, key: Uint8Array): Uint8Array {
  const draft = `${path}.${process.pid}`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(draft, `${Buffer.from(key).toString("base64")}\n`, { mode: 0o600, flush: true });
    linkSync(draft, path);
    syncFolder(dirname(path));
    return key;
  } catch (thrown) {
    const existing = isCode(thrown, "EEXIST") ? readKeyFile(path) : null;
    if (existing !== null) return existing;
    throw new Error(
      `The master key file ${path} cannot be written; choose another RINGBACK_SQLITE_PATH or set RINGBACK_MASTER_KEY`,
      { cause: thrown },
    );
  } finally {
    rmSync(draft, { force: true });
  }
}

function syncFolder(folder: string): void {
  const descriptor = openSync(folder, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function isCode(thrown: unknown, code: string): boolean {
  return thrown instanceof Error && "code" in thrown && thrown.code === code;
}
