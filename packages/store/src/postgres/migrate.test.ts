import { getTableColumns, getTableName } from "drizzle-orm";
import { getTableConfig, type PgTable } from "drizzle-orm/pg-core";
import type { Client } from "pg";
import { describe, expect, it } from "vitest";
import { openScene, tenantId } from "../conformance/scene.ts";
import { baseRows, baseTables, lettersSinceReplays, rowsBeforeReplays } from "../testing/base-rows.ts";
import { optionsForPostgres, useCluster } from "../testing/postgres-ground.ts";
import { migrate, readMigrations, type Migration } from "./migrate.ts";
import { openPostgresStore } from "./open.ts";
import { feedFloor } from "./feed-floor.ts";
import * as schema from "./schema.ts";

const step = (number: number, ...statements: string[]): Migration => ({
  number,
  name: `000${number}_step`,
  statements,
  hash: statements.join(";"),
});

const options = { apply: true, now: 1, place: "test" };

describe("migrations on PostgreSQL", () => {
  const cluster = useCluster();

  async function emptyDatabase(): Promise<{ client: Client; connectionString: string }> {
    const connectionString = await cluster.createDatabase({ empty: true });
    return { client: await cluster.connect(connectionString), connectionString };
  }

  const tablesOf = async (client: Client): Promise<unknown[]> =>
    (
      await client.query<{ name: string }>(
        "select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace order by 1",
      )
    ).rows.map(({ name }) => name);

  it("each is applied once, also by processes that start at the same time", async () => {
    const { client, connectionString } = await emptyDatabase();
    const stores = await Promise.all(
      Array.from({ length: 4 }, () => openPostgresStore(optionsForPostgres(connectionString))),
    );
    const { rows } = await client.query("select number, name from migration order by number");
    expect(rows).toEqual(readMigrations().map(({ number, name }) => ({ number, name })));
    await Promise.all(stores.map((store) => store.close()));
    expect(await migrate(client, { ...options, migrations: readMigrations() })).toBe(0);
  });

  it("a database from before there were counts of jobs is counted when it is opened", async () => {
    const { client, connectionString } = await emptyDatabase();
    await migrate(client, { ...options, migrations: readMigrations().slice(0, 1) });
    await client.query("insert into tenant (tenant_id, created_at) values ('old', 1)");
    await client.query(`insert into job (tenant_id, id, kind, status, priority, metadata, runs, lost_runs, released_runs,
        max_runs, run_timeout_ms, deliveries_pending, deliveries_delivered, deliveries_dead, deliveries_canceled,
        created_at, due_at, finished_at, token, version)
      select 'old', 'job_' || n, 'k', case when n < 3 then 'queued' else 'succeeded' end, 0, '{}', 0, 0, 0, 1, 1, 0, 0, 0,
        0, 1, case when n < 3 then 5 end, case when n >= 3 then 6 end, 0, 1 from generate_series(1, 4) as n`);
    const totals = async (): Promise<unknown> =>
      (await client.query("select tenant_id, what, total from job_count")).rows;
    for (let start = 0; start < 2; start += 1) {
      const store = await openPostgresStore(optionsForPostgres(connectionString));
      await store.close();
      expect(await totals()).toEqual([{ tenant_id: "old", what: "accepted", total: 2 }]);
    }
  });

  it("F40 one that breaks half-way leaves nothing of itself, and the next start resumes with it", async () => {
    const { client } = await emptyDatabase();
    const first = step(0, "create table a (x int)");
    const broken = step(1, "create table b (x int)", "create nonsense");
    await expect(migrate(client, { ...options, migrations: [first, broken] })).rejects.toThrow(
      /syntax error/,
    );
    expect(await tablesOf(client)).toEqual(["a", "migration"]);
    const repaired = step(1, "create table b (x int)");
    expect(await migrate(client, { ...options, migrations: [first, repaired] })).toBe(1);
    expect(await tablesOf(client)).toEqual(["a", "b", "migration"]);
  });

  it("F40 a process that is killed inside a migration leaves nothing of it, and its lock goes with it", async () => {
    const { client, connectionString } = await emptyDatabase();
    const killed = await cluster.connect(connectionString);
    const steps = [step(0, "create table a (x int)", "select pg_terminate_backend(pg_backend_pid())")];
    await expect(migrate(killed, { ...options, migrations: steps })).rejects.toThrow(/terminat/i);
    expect(await tablesOf(client)).toEqual(["migration"]);
    expect(await migrate(client, { ...options, migrations: readMigrations() })).toBe(readMigrations().length);
  });

  it("F57 a database with a migration that this version does not know is refused, and not touched", async () => {
    const connectionString = await cluster.createDatabase();
    await cluster.ask(connectionString, "insert into migration values (99, '0099_later', 'x', 1)");
    const opening = () => openPostgresStore(optionsForPostgres(connectionString));
    await expect(opening()).rejects.toMatchObject({ code: "other_schema" });
    await expect(opening()).rejects.toThrow(/newer Ringback \(migration 0099_later\)/);
  });

  it("a database whose migration had another text is refused", async () => {
    const connectionString = await cluster.createDatabase();
    await cluster.ask(connectionString, "update migration set hash = 'x' where number = 0");
    await expect(openPostgresStore(optionsForPostgres(connectionString))).rejects.toThrow(/another build/);
  });

  it("a process that may not migrate refuses tables that are behind, and opens them when they are not", async () => {
    const { connectionString } = await emptyDatabase();
    const opening = openPostgresStore(optionsForPostgres(connectionString, { migrate: false }));
    await expect(opening).rejects.toMatchObject({ code: "other_schema" });
    await expect(openPostgresStore(optionsForPostgres(connectionString, { migrate: false }))).rejects.toThrow(
      /RINGBACK_ROLE=migrate/,
    );
    const { store } = await cluster.openForTest({ migrate: false });
    expect(await store.tenants.findKey("unknownunkno")).toBeNull();
  });

  it("what was written stays when the store is opened again", async () => {
    const connectionString = await cluster.createDatabase();
    const first = await cluster.openForTest({ connectionString });
    const scene = await openScene(async () => first);
    const job = await scene.finishJob();
    await first.store.close();
    const { store } = await cluster.openForTest({ connectionString });
    expect(await store.reads.getJob(tenantId, job.id)).toEqual(job);
  });

  it("every row of the first version is kept to the value by all later ones", async () => {
    const { client } = await emptyDatabase();
    const [base, ...later] = readMigrations() as [Migration, ...Migration[]];
    await migrate(client, { ...options, migrations: [base] });
    for (const row of baseRows("'\\x31'")) await client.query(row);
    const rowOf = async (table: string, columns: readonly string[]): Promise<unknown[]> =>
      (await client.query(`select ${columns.join(", ")} from ${table}`)).rows as unknown[];
    const kept = [];
    for (const table of baseTables) {
      const { fields } = await client.query(`select * from ${table}`);
      const names = fields.map(({ name }) => `"${name}"`);
      kept.push({ table, names, rows: await rowOf(table, names) });
    }
    expect(await migrate(client, { ...options, migrations: [base, ...later] })).toBe(later.length);
    for (const { table, names, rows } of kept) expect(await rowOf(table, names), table).toEqual(rows);
  });

  it("dead letters of before the replays have a state and what they are found by, from their deliveries", async () => {
    const { client } = await emptyDatabase();
    const migrations = readMigrations();
    await migrate(client, { ...options, migrations: migrations.slice(0, 1) });
    for (const row of baseRows("'\\x31'")) await client.query(row);
    const at = migrations.findIndex(({ name }) => name.endsWith("_replays"));
    await migrate(client, { ...options, migrations: migrations.slice(0, at) });
    for (const row of rowsBeforeReplays) await client.query(row);
    await migrate(client, { ...options, migrations });
    expect((await client.query(lettersSinceReplays.query)).rows).toEqual(lettersSinceReplays.rows);
  });

  it("what drizzle-kit makes of a CHECK that changes is applied to tables with rows, or refused whole", async () => {
    const { client } = await emptyDatabase();
    const base = step(
      0,
      `CREATE TABLE "parent" ("id" text PRIMARY KEY NOT NULL, "n" bigint NOT NULL, CONSTRAINT "most" CHECK ("parent"."n" < 100));\n`,
      `CREATE TABLE "child" ("of" text NOT NULL);\n`,
      `ALTER TABLE "child" ADD CONSTRAINT "child_of" FOREIGN KEY ("of") REFERENCES "public"."parent"("id") ON DELETE no action ON UPDATE no action;`,
    );
    await migrate(client, { ...options, migrations: [base] });
    await client.query(`insert into parent values ('a', 1), ('b', 60)`);
    await client.query(`insert into child values ('a')`);
    const changed = (most: number): Migration =>
      step(
        1,
        `ALTER TABLE "parent" DROP CONSTRAINT "most";`,
        `\nALTER TABLE "parent" ADD CONSTRAINT "most" CHECK ("parent"."n" < ${most});`,
        "\n-- A step of only a comment.\n",
      );
    const refused = migrate(client, { ...options, migrations: [base, changed(50)] });
    await expect(refused).rejects.toThrow(/"most".*violated/);
    await expect(client.query(`insert into parent values ('c', 100)`)).rejects.toThrow(/"most"/);
    expect(await migrate(client, { ...options, migrations: [base, changed(70)] })).toBe(1);
    await expect(client.query(`insert into parent values ('c', 70)`)).rejects.toThrow(/"most"/);
    await expect(client.query(`delete from parent where id = 'a'`)).rejects.toThrow(/foreign key/);
  });

  it("from empty to the head they make what the schema says: columns, keys, indexes and checks", async () => {
    const { client } = await emptyDatabase();
    await migrate(client, { ...options, migrations: readMigrations() });
    const tables: PgTable[] = [...Object.values(schema), feedFloor];
    expect(await tablesOf(client)).toEqual([...tables.map(getTableName), "migration"].toSorted());
    for (const table of tables) {
      expect(await columnsIn(client, table), getTableName(table)).toEqual(columnsSaid(table));
      expect(await partsIn(client, table), getTableName(table)).toEqual(partsSaid(table));
    }
  });
});

async function columnsIn(client: Client, table: PgTable): Promise<unknown[]> {
  const { rows } = await client.query(
    `select attname as name, format_type(atttypid, atttypmod) as type, attnotnull as "notNull",
       attcollation = '"C"'::regcollation as bytewise
     from pg_attribute where attrelid = $1::regclass and attnum > 0 order by attname`,
    [`"${getTableName(table)}"`],
  );
  return rows as unknown[];
}

function columnsSaid(table: PgTable): unknown[] {
  return Object.values(getTableColumns(table))
    .map((column) => ({
      name: column.name,
      type: column.getSQLType().replace(/ .*/, ""),
      notNull: column.notNull || column.primary,
      bytewise: column.getSQLType().includes("collate"),
    }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

async function partsIn(client: Client, table: PgTable): Promise<unknown> {
  const { rows } = await client.query<{ kind: string; name: string }>(
    `select contype::text as kind, conname as name from pg_constraint
       where conrelid = $1::regclass and contype in ('c', 'f', 'p')
     union all select 'i', indexrelid::regclass::text from pg_index where indrelid = $1::regclass and not indisprimary
     order by 1, 2`,
    [`"${getTableName(table)}"`],
  );
  const count = (kind: string): number => rows.filter((row) => row.kind === kind).length;
  const names = (kind: string): string[] => rows.filter((row) => row.kind === kind).map(({ name }) => name);
  return {
    checks: names("c").toSorted(),
    indexes: names("i").toSorted(),
    foreignKeys: count("f"),
    keys: count("p"),
  };
}

function partsSaid(table: PgTable): unknown {
  const { checks, indexes, foreignKeys } = getTableConfig(table);
  return {
    checks: checks.map(({ name }) => name).toSorted(),
    indexes: indexes.map(({ config }) => config.name ?? "").toSorted(),
    foreignKeys: foreignKeys.length,
    keys: 1,
  };
}
