import { chmodSync, existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { temporaryFolder } from "../testing/sqlite-ground.ts";
import { compareVersions, openFile, type OpenFile } from "./open-file.ts";

function open(path: string): OpenFile {
  const file = openFile(path);
  onTestFinished(() => file.close());
  return file;
}

const modeOf = (path: string): number => statSync(path).mode & 0o777;

describe("the database file", () => {
  it("F34 is opened so that a commit is on disk: WAL, synchronous FULL, foreign keys, a busy timeout", () => {
    const { client } = open(join(temporaryFolder(), "ringback.db"));
    const settings = ["journal_mode", "synchronous", "foreign_keys", "busy_timeout", "wal_autocheckpoint"];
    expect(settings.map((name) => client.pragma(name, { simple: true }))).toEqual([
      "wal",
      2,
      1,
      5_000,
      1_000,
    ]);
  });

  it("is made in a folder of mode 0700 with mode 0600, and so is everything beside it", () => {
    const folder = join(temporaryFolder(), "a", "b");
    const path = join(folder, "ringback.db");
    const { client } = open(path);
    client.exec("create table t (x)");
    expect(modeOf(folder)).toBe(0o700);
    for (const suffix of ["", "-wal", "-shm", ".lock", ".pid"]) {
      expect(modeOf(`${path}${suffix}`), suffix).toBe(0o600);
    }
  });

  it("keeps the mode that somebody has given it", () => {
    const path = join(temporaryFolder(), "ringback.db");
    openFile(path).close();
    chmodSync(path, 0o640);
    open(path);
    expect(modeOf(path)).toBe(0o640);
  });

  it("leaves nothing but the database and its lock behind when it is closed", () => {
    const path = join(temporaryFolder(), "ringback.db");
    openFile(path).close();
    expect(["", "-wal", "-shm", ".pid", ".lock"].filter((suffix) => existsSync(path + suffix))).toEqual([
      "",
      ".lock",
    ]);
  });

  it("F41 a path that cannot be written fails at the start and says what to do", () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "file"), "");
    const path = join(folder, "file", "ringback.db");
    expect(() => openFile(path)).toThrow(expect.objectContaining({ code: "not_writable", path }));
    expect(() => openFile(path)).toThrow(/cannot be written .* RINGBACK_SQLITE_PATH/);
    mkdirSync(join(folder, "folder.db"));
    expect(() => openFile(join(folder, "folder.db"))).toThrow(
      expect.objectContaining({ code: "not_writable" }),
    );
  });

  it("F39 a file that is no database is refused and left as it is, and its lock is given back", () => {
    const path = join(temporaryFolder(), "ringback.db");
    writeFileSync(path, "These are a thousand words.".repeat(200));
    for (let time = 0; time < 2; time += 1) {
      expect(() => openFile(path)).toThrow(expect.objectContaining({ code: "not_a_database", path }));
    }
    expect(statSync(path).size).toBe(27 * 200);
  });

  it("F44 versions are compared number by number", () => {
    const order = ["3.9.0", "3.51.2", "3.51.3", "3.54.1", "4.0.0"];
    expect(order.toReversed().toSorted(compareVersions)).toEqual(order);
    expect(compareVersions("3.51.3", "3.51.3")).toBe(0);
  });
});
