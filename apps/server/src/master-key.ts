// Where the key comes from that encrypts signing secrets at rest: the setting, or a file beside the database.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Random } from "@ringback/core";

const keyBytes = 32;

export interface MasterKeyOptions {
  /** RINGBACK_MASTER_KEY. */
  readonly given: Uint8Array | null;
  readonly sqlitePath: string;
  readonly random: Random;
}

/** Throws an Error that says what to do when the key file cannot be read, written or understood. */
export function masterKey(options: MasterKeyOptions): Uint8Array {
  const { given, sqlitePath, random } = options;
  if (given !== null) return given;
  if (sqlitePath === ":memory:") return random.bytes(keyBytes);
  const path = `${sqlitePath}.key`;
  return readKeyFile(path) ?? makeKeyFile(path, random.bytes(keyBytes));
}

function readKeyFile(path: string): Uint8Array | null {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (thrown) {
    if (thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT") return null;
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

/** Made with `wx`: of two processes that start at once, one makes it and the other reads it. */
function makeKeyFile(path: string, key: Uint8Array): Uint8Array {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(path, `${Buffer.from(key).toString("base64")}\n`, { mode: 0o600, flag: "wx" });
    return key;
  } catch (thrown) {
    const existing = readKeyFile(path);
    if (existing !== null) return existing;
    throw new Error(
      `The master key file ${path} cannot be written; choose another RINGBACK_SQLITE_PATH or set RINGBACK_MASTER_KEY`,
      { cause: thrown },
    );
  }
}
