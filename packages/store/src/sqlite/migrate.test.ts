import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { describe, expect, it, onTestFinished } from "vitest";
import { openForTest, optionsForTest, temporaryFolder } from "../testing/sqlite-ground.ts";
import { migrate, readMigrations, type Migration } from "./migrate.ts";
import { openSqliteStore } from "./open.ts";

function memory(): Sqlite.Database {
  const client = new Sqlite(":memory:");
  onTestFinished(() => void client.close());
  return client;
}

const step = (number: number, ...statements: string[]): Migration => ({
  number,
  name: `000${number}_step`,
  statements,
  hash: statements.join(";"),
});

const tablesOf = (client: Sqlite.Database): unknown[] =>
  client.prepare("select name from sqlite_schema where type = 'table' order by name").pluck().all();

describe("migrations", () => {
  it("those that come with this version are numbered without a gap", () => {
    const numbers = readMigrations().map(({ number }) => number);
    expect(numbers.length).toBeGreaterThan(0);
    expect(numbers).toEqual(numbers.map((_, at) => at));
  });

  it("each is applied once", () => {
    const client = memory();
    const migrations = readMigrations();
    expect(migrate(client, migrations, 1)).toBe(migrations.length);
    expect(migrate(client, migrations, 2)).toBe(0);
  });

  it("F40 one that breaks half-way leaves nothing of itself, and the next start resumes with it", () => {
    const client = memory();
    const first = step(0, "create table a (x)");
    const broken = step(1, "create table b (x)", "create nonsense");
    expect(() => migrate(client, [first, broken], 1)).toThrow(/syntax error/);
    expect(tablesOf(client)).toEqual(["a", "migration"]);
    const repaired = step(1, "create table b (x)");
    expect(migrate(client, [first, repaired], 2)).toBe(1);
    expect(tablesOf(client)).toEqual(["a", "b", "migration"]);
  });

  it("F57 a file with a migration that this version does not know is refused, and not touched", async () => {
    const path = join(temporaryFolder(), "ringback.db");
    const { store } = await openForTest(path);
    await store.close();
    const client = new Sqlite(path);
    client.prepare("insert into migration values (?, ?, ?, ?)").run(99, "0099_later", "x", 1);
    client.close();
    const opening = openSqliteStore(optionsForTest(path));
    await expect(opening).rejects.toMatchObject({ code: "other_schema" });
    await expect(openSqliteStore(optionsForTest(path))).rejects.toThrow(
      /newer Ringback \(migration 0099_later\)/,
    );
  });

  it("a file whose migration had another text is refused", () => {
    const client = memory();
    migrate(client, [step(0, "create table a (x)")], 1);
    expect(() => migrate(client, [step(0, "create table a (y)")], 2)).toThrow(/another build of Ringback/);
  });
});
