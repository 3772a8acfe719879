import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { masterKey } from "./master-key.ts";
import { systemRandom } from "./system.ts";

describe("the master key", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "ringback-key-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const keyOf = (sqlitePath: string, given: Uint8Array | null = null): Uint8Array =>
    masterKey({ given, sqlitePath, random: systemRandom() });

  test("is made once beside the database, readable by its owner only", () => {
    const path = join(folder, "sub", "rb.db");
    const made = keyOf(path);
    expect(made).toHaveLength(32);
    expect(keyOf(path)).toEqual(made);
    expect(statSync(`${path}.key`).mode & 0o777).toBe(0o600);
    expect(Buffer.from(readFileSync(`${path}.key`, "utf8"), "base64")).toEqual(Buffer.from(made));
  });

  test("that is given is used and leaves no file", () => {
    const given = new Uint8Array(32).fill(1);
    expect(keyOf(join(folder, "rb.db"), given)).toBe(given);
    expect(() => statSync(join(folder, "rb.db.key"))).toThrow("ENOENT");
  });

  test("that is damaged stops the start instead of being replaced", () => {
    writeFileSync(join(folder, "rb.db.key"), "not a key\n");
    expect(() => keyOf(join(folder, "rb.db"))).toThrow(/damaged.*backup/);
  });

  test("that is missing beside a database with data stops the start instead of being replaced", () => {
    writeFileSync(join(folder, "rb.db"), "data");
    expect(() => keyOf(join(folder, "rb.db"))).toThrow(/missing.*Restore/);
    expect(readdirSync(folder)).toEqual(["rb.db"]);
    writeFileSync(join(folder, "rb.db"), "");
    expect(keyOf(join(folder, "rb.db"))).toHaveLength(32);
    expect(readdirSync(folder).toSorted()).toEqual(["rb.db", "rb.db.key"]);
  });

  test("is not kept for a database in memory", () => {
    expect(keyOf(":memory:")).not.toEqual(keyOf(":memory:"));
  });
});
