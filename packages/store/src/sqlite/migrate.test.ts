import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { describe, expect, it, onTestFinished } from "vitest";
import { baseRows, baseTables } from "../testing/base-rows.ts";
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

  it("every row of the first version is kept to the value by all later ones, and refers to what it did", () => {
    const client = memory();
    const [base, ...later] = readMigrations() as [Migration, ...Migration[]];
    migrate(client, [base], 1);
    for (const row of baseRows("x'31'")) client.exec(row);
    const rowOf = (table: string, columns: readonly string[]): unknown =>
      client.prepare(`select ${columns.join(", ")} from ${table}`).all();
    const kept = baseTables.map((table) => {
      const columns = client.prepare(`select * from ${table}`).columns();
      const names = columns.map(({ name }) => `"${name}"`);
      return { table, names, rows: rowOf(table, names) };
    });
    expect(migrate(client, [base, ...later], 2)).toBe(later.length);
    for (const { table, names, rows } of kept) expect(rowOf(table, names), table).toEqual(rows);
    expect(client.pragma("foreign_key_check")).toEqual([]);
  });
});

/** As drizzle-kit spells a CHECK that changes: a new table is filled and takes the old one's place. */
const rebuild = (table: string, columns: string, options: { names: string; where?: string }): string[] => [
  "PRAGMA foreign_keys=OFF;",
  `\nCREATE TABLE \`__new_${table}\` (\n${columns}\n);\n`,
  `\nINSERT INTO \`__new_${table}\`(${options.names}) SELECT ${options.names} FROM \`${table}\` ${options.where ?? ""};`,
  `\nDROP TABLE \`${table}\`;`,
  `\nALTER TABLE \`__new_${table}\` RENAME TO \`${table}\`;`,
  "\nPRAGMA foreign_keys=ON;",
];

describe("migrations that make a table anew", () => {
  const parent = (table: string, most: number): string =>
    `\`seq\` integer PRIMARY KEY AUTOINCREMENT NOT NULL, \`id\` text NOT NULL,
     CONSTRAINT "most" CHECK("${table}"."seq" < ${most})`;
  const parentId = "CREATE UNIQUE INDEX `parent_id` ON `parent` (`id`)";
  const base = step(
    0,
    `CREATE TABLE \`parent\` (${parent("parent", 100)})`,
    parentId,
    "CREATE TABLE `child` (`of` text NOT NULL, FOREIGN KEY (`of`) REFERENCES `parent`(`id`))",
  );
  const made = (where?: string): string[] => [
    ...rebuild("parent", parent("__new_parent", 50), {
      names: `"seq", "id"`,
      ...(where === undefined ? {} : { where }),
    }),
    parentId,
  ];
  const anew = step(1, ...made());

  function withRows(): Sqlite.Database {
    const client = memory();
    migrate(client, [base], 1);
    client.exec("insert into parent (id) values ('a'), ('b'), ('c'); insert into child values ('a')");
    return client;
  }

  it("keep every row and every reference, and the new CHECK holds", () => {
    const client = withRows();
    migrate(client, [base, anew], 2);
    expect(client.prepare("select id from parent").pluck().all()).toEqual(["a", "b", "c"]);
    expect(() => client.exec("delete from parent where id = 'a'")).toThrow(/FOREIGN KEY/);
    expect(() => client.exec("insert into child values ('x')")).toThrow(/FOREIGN KEY/);
    expect(() => client.exec("insert into parent values (50, 'd')")).toThrow(/CHECK/);
    expect(tablesOf(client)).toEqual(["child", "migration", "parent", "sqlite_sequence"]);
  });

  it.each(["delete from parent where id = 'c'", "delete from child; delete from parent"])(
    "G9 give no number twice that was given before: %s",
    (deleted) => {
      const client = withRows();
      client.exec(deleted);
      migrate(client, [base, anew], 2);
      const given = client.prepare("insert into parent (id) values ('later') returning seq").pluck();
      expect(given.get()).toBe(4);
    },
  );

  it("that would leave a row without what it refers to are refused whole", () => {
    const client = withRows();
    const refused = () => migrate(client, [base, step(1, ...made("WHERE id <> 'a'"))], 2);
    expect(refused).toThrow(/0001_step would break references in :memory: \(1 from child to parent\)/);
    expect(refused).toThrow(expect.objectContaining({ code: "broken_migration" }));
    expect(client.prepare("select id from parent").pluck().all()).toEqual(["a", "b", "c"]);
    expect(client.prepare("select number from migration").pluck().all()).toEqual([0]);
    expect(client.pragma("foreign_keys", { simple: true })).toBe(1);
    expect(() => client.exec("insert into child values ('x')")).toThrow(/FOREIGN KEY/);
    expect(migrate(client, [base, anew], 3)).toBe(1);
  });

  it("are not refused for a reference that was broken before", () => {
    const client = withRows();
    client.exec("pragma foreign_keys = off; insert into child values ('lost'); pragma foreign_keys = on");
    expect(migrate(client, [base, anew], 2)).toBe(1);
    expect(client.prepare("select * from child").pluck().all()).toEqual(["a", "lost"]);
  });

  it("may have comments, empty steps and several statements in one step", () => {
    const client = memory();
    const steps = ["-- Nothing to do here.\n", "\n", "create table a (x); create table b (y);\n-- the end"];
    expect(migrate(client, [step(0, ...steps)], 1)).toBe(1);
    expect(tablesOf(client)).toEqual(["a", "b", "migration"]);
  });
});
