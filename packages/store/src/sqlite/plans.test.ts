// Asks SQLite how it would run every statement of the store on large tables, so that one that reads a whole table, or sorts
// what it found, fails here: as the tables are, without statistics, and with those that ANALYZE makes.
import { readFileSync } from "node:fs";
import { drizzle } from "drizzle-orm/better-sqlite3";
import Sqlite from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createEffects } from "../effects.ts";
import { createSealing } from "../sealing.ts";
import { readEverything } from "../testing/everything-read.ts";
import { manyRows, type RowsDialect } from "../testing/many-rows.ts";
import { countingRandom, masterKey } from "../testing/sqlite-ground.ts";
import { createEndpointBook } from "./endpoint-book.ts";
import { migrate, readMigrations } from "./migrate.ts";
import { createJobCounts } from "./job-counts.ts";
import { inMemory } from "./open-file.ts";
import { createReads } from "./reads.ts";
import { createTenantBook } from "./tenant-book.ts";
import { createTransitions } from "./transitions.ts";

const rows = 200_000;
/** What became due within one millisecond in an ordered lane is sorted by its events' order; its index finds no more than that. */
const sortsTies =
  / due_at = \(\s*select min\(due_at\) from delivery\s[^)]*\) order by \(\s*select seq from event /;
const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");

/** Scans that are bounded by what they scan: a list given as a parameter, a result of the statement itself, one row. */
const bounded = [
  /^SCAN (?:json_each|each|used|limited|CONSTANT ROW|\(subquery-\d+\))(?: |$)/,
  // In the order of the lease, and only what is leased at all.
  /^SCAN job USING INDEX job_leased$/,
  /^SCAN lane USING INDEX lane_leased$/,
  // The first row of any.
  /^SCAN api_key USING COVERING INDEX \w+$/,
  // All tenants, page by page, in the order of the index.
  /^SCAN tenant USING INDEX tenant_newest$/,
  // Two rows per tenant, added up once per start and after a rollback.
  /^SCAN job_count$/,
  // What is being worked, which is few.
  /^SCAN replay USING INDEX replay_working$/,
  // All tenants, once per start.
  /^SCAN t USING COVERING INDEX sqlite_autoindex_tenant_1$/,
];

/** Statements that may sort, for what they sort is bounded by something else. */
const maySort = [
  // What is in flight in one lane, at most its concurrency.
  /attempt_started_at is not null order by attempt_started_at, id$/,
  // What is counted by host or cause, all of which has to be looked at anyway.
  / from "dead_letter" .* group by /,
];

describe("access paths with 200,000 rows", () => {
  let client: Sqlite.Database;
  let statements: readonly string[];

  beforeAll(async () => {
    client = new Sqlite(inMemory);
    migrate(client, readMigrations(), 0);
    fill(client);
    statements = [...(await everyRead(client)), ...everyTransition(client)];
  }, 300_000);
  afterAll(() => void client.close());

  const problemsOf = (asked: readonly string[]): string[] =>
    asked.flatMap((statement) =>
      planProblems(client, statement).map((problem) => `${problem}: ${statement}`),
    );

  it("every index is used by a statement, and stands in the README's table of access paths", () => {
    const used = new Set(
      statements.flatMap((statement) =>
        planOf(client, statement).flatMap((detail) => /INDEX (\w+)/.exec(detail)?.[1] ?? []),
      ),
    );
    const names = client
      .prepare("select name from sqlite_schema where type = 'index' and sql is not null order by 1")
      .pluck()
      .all() as string[];
    expect(names.filter((name) => !used.has(name))).toEqual([]);
    const told = readme.slice(readme.indexOf("## Access paths"), readme.indexOf("**Known limit.**"));
    const toldNames = [...told.matchAll(/`(\w+)`/g)].map(([, name]) => name ?? "");
    expect(toldNames.filter((name) => name.includes("_")).toSorted()).toEqual(names);
  });

  it("nothing but inserts touches the audit", () => {
    const touching = statements.filter((statement) =>
      /\b(?:update|delete from|into)\s+"?audit\b/i.test(statement),
    );
    expect(touching.map((statement) => statement.split(" ")[0])).toEqual(["insert"]);
  });

  // In this order: there is no way back from statistics.
  describe.each([
    ["without statistics", ""],
    ["with the statistics that ANALYZE makes", "analyze"],
  ])("%s", (_, prepare) => {
    beforeAll(() => void client.exec(prepare), 60_000);

    it("no statement goes through a whole table or sorts what it found", () => {
      expect(statements.length).toBeGreaterThan(80);
      // What a walk has found is read whole by its keys.
      expect(statements.some((one) => / from "dead_letter" .*"delivery_id" in \(/s.test(one))).toBe(true);
      expect(problemsOf(statements.filter((one) => !sortsTies.test(one)))).toEqual([]);
    });

    it.each([
      "select * from delivery where url = ?",
      "select count(*) from event",
      "delete from attempt where started_at <= ?",
      "select * from delivery where tenant_id = ? order by finished_at limit ?",
      "select distinct code from delivery where tenant_id = ?",
      "select id from event where created_at <= ? order by seq limit ?",
    ])("one that does is caught: %s", (planted) => {
      expect(planProblems(client, planted)).not.toEqual([]);
    });
  });

  it.each(["event", "delivery"])(
    "what refers to a row of %s is found by an index when that is deleted",
    (name) => {
      const references = client
        .prepare<[string], { child: string; columns: string }>(
          `select tables.name as child, group_concat(keys."from", ',') as columns
         from sqlite_schema as tables, pragma_foreign_key_list(tables.name) as keys
         where tables.type = 'table' and keys."table" = ? group by tables.name, keys.id`,
        )
        .all(name);
      expect(references.length).toBeGreaterThan(0);
      for (const { child, columns } of references) {
        const [plan] = planOf(
          client,
          `select 1 from ${child} where ${columns.replaceAll(",", " = ? and ")} = ?`,
        );
        expect(plan).toContain(`(${columns.split(",").join("=? AND ")}=?)`);
      }
    },
  );
});

const dialect: RowsDialect = {
  bytes: "x'31'",
  count: (to) =>
    `with recursive s(n) as (select 1 union all select n + 1 from s where n < ${to}) select n from s`,
};

/** Indexes are made when the rows are there, which takes a fraction of the time. */
function fill(client: Sqlite.Database): void {
  const indexes = client
    .prepare<[], { name: string; made: string }>(
      "select name, sql as made from sqlite_schema where type = 'index' and sql is not null",
    )
    .all();
  client.pragma("foreign_keys = off");
  for (const { name } of indexes) client.exec(`drop index ${name}`);
  for (const statement of manyRows(rows, dialect)) client.exec(statement);
  for (const { made } of indexes) client.exec(made);
  client.pragma("foreign_keys = on");
}

async function everyRead(client: Sqlite.Database): Promise<ReadonlySet<string>> {
  const statements = new Set<string>();
  const logger = { logQuery: (statement: string) => void statements.add(statement) };
  const sealing = createSealing(masterKey, countingRandom());
  await readEverything(createReads(drizzle(client, { logger }), sealing, () => null));
  return statements;
}

function everyTransition(client: Sqlite.Database): ReadonlySet<string> {
  const statements = new Set<string>();
  const prepare = client.prepare.bind(client);
  client.prepare = (statement: string) => {
    statements.add(statement);
    return prepare(statement);
  };
  const random = countingRandom();
  const sealing = createSealing(masterKey, random);
  const endpoints = createEndpointBook(client);
  const tenants = createTenantBook(client);
  const counts = createJobCounts(client);
  const ground = { client, random, sealing, effects: createEffects(), endpoints, tenants, counts };
  createTransitions(ground);
  client.prepare = prepare;
  return statements;
}

function planOf(client: Sqlite.Database, statement: string): string[] {
  const explain = client.prepare<unknown[], { detail: string }>(`explain query plan ${statement}`);
  const places = (statement.match(/\?/g) ?? []).map(() => null);
  return explain.all(...places).map(({ detail }) => detail);
}
/** The steps of its plan that go through a whole table, or sort. */
function planProblems(client: Sqlite.Database, statement: string): string[] {
  return planOf(client, statement).filter((detail) => {
    if (detail.startsWith("SCAN")) return !bounded.some((pattern) => pattern.test(detail));
    return detail.includes("TEMP B-TREE") && !maySort.some((pattern) => pattern.test(statement));
  });
}
