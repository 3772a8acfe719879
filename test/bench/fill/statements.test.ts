import Sqlite from "better-sqlite3";
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { isId } from "@ringback/core";
import { literal, postgres, sqlite } from "./dialect.ts";
import { fillStatements, rareDead, type Filling } from "./statements.ts";

const folder = new URL("../../../drizzle/sqlite/", import.meta.url);
const migrations = readdirSync(folder)
  .filter((file) => file.endsWith(".sql"))
  .toSorted()
  .map((file) => readFileSync(new URL(file, folder), "utf8"));

const filling: Filling = {
  now: 1_795_000_000_000,
  past: 100,
  deadEvery: 20,
  owed: [
    { endpointId: "ep_1", url: "http://127.0.0.1:9000/callback", count: 3 },
    { endpointId: "ep_2", url: "http://127.0.0.1:9000/callback", count: 2 },
  ],
  sample: { body: `{"id":"job_x","text":"it's"}`, jobId: "job_x" },
};

/** The tables as they are today, with what a server would have made before. */
function filled(over: Partial<Filling> = {}) {
  const client = new Sqlite(":memory:");
  for (const migration of migrations) client.exec(migration);
  client.exec("insert into tenant (tenant_id, created_at) values ('default', 1)");
  for (const id of ["ep_1", "ep_2"]) {
    client.exec(`insert into endpoint (tenant_id, id, url, host, events, status, metadata, created_at, updated_at)
      values ('default', '${id}', 'u', 'h', '[]', 'active', '{}', 1, 1)`);
    client.exec(
      `insert into lane (tenant_id, id, endpoint_id, paused, token) values ('default', '${id}', '${id}', 1, 0)`,
    );
  }
  for (const statement of fillStatements(sqlite, { ...filling, ...over }).statements) client.exec(statement);
  const all = <Row>(query: string): Row[] => client.prepare<[], Row>(query).all();
  return { client, all };
}

describe("rows in bulk", () => {
  const { client, all } = filled();

  test("point to each other as the schema's foreign keys want", () => {
    expect(client.pragma("foreign_key_check")).toEqual([]);
  });

  test("are as many as asked for: what is past has ended, a twentieth dead; what is owed is due, lane by lane", () => {
    expect(all("select status, count(*) as n from delivery group by status order by status")).toEqual([
      { status: "dead", n: 5 },
      { status: "delivered", n: 95 },
      { status: "pending", n: 5 },
    ]);
    expect(
      all("select lane_id as lane, count(*) as n from delivery where due_at is not null group by lane_id"),
    ).toEqual([
      { lane: "ep_1", n: 3 },
      { lane: "ep_2", n: 2 },
    ]);
    expect(all("select id from lane where due_at is not null and paused")).toHaveLength(2);
    expect(all("select delivery_id from dead_letter where resolved_at is null")).toHaveLength(5);
  });

  test("have ids as the API takes them, and bodies with the job's own id", () => {
    const [delivery] = all<{ id: string; body: string; job: string }>(
      `select delivery.id, body, delivery.job_id as job from delivery
       join event on event.id = event_id where status = 'pending' order by delivery.id desc limit 1`,
    );
    expect(isId("dlv", delivery?.id ?? "")).toBe(true);
    expect(isId("job", delivery?.job ?? "")).toBe(true);
    expect(delivery?.body).toBe(`{"id":"${delivery?.job}","text":"it's"}`);
  });

  test("are not made where none are asked for, and only many are worth making indexes anew", () => {
    const none = { ...filling, past: 0, owed: [] };
    expect(fillStatements(postgres, none)).toEqual({ growing: [], statements: [] });
    expect(fillStatements(postgres, { ...none, past: 1_000_000 }).growing).toContain("delivery");
  });
});

test("what is over has for each delivery an event, a job with its payloads and key, an answer, and a replay's item", () => {
  const { client, all } = filled({ isOver: true, owed: [] });
  expect(client.pragma("foreign_key_check")).toEqual([]);
  for (const table of ["event", "job_input", "job_result", "idempotency", "replay_item"]) {
    expect(all(`select count(*) as n from ${table}`)).toEqual([{ n: 100 }]);
  }
  const answered = "select count(*) as n from attempt where length(response_body) = 512";
  expect(all(answered)).toEqual([{ n: 100 }]);
  expect(all("select count(*) as n from job where expires_at = 2")).toEqual([{ n: 100 }]);
});

test("half of the dead letters are of one host, and all of a rare cause are there", () => {
  const { all } = filled({ past: 2_000, deadEvery: 1, owed: [] });
  const { host, code } = rareDead;
  const counted = (where: string) => all(`select count(*) as n from dead_letter where ${where}`);
  expect(counted(`host = '${host}'`)).toEqual([{ n: 1_000 }]);
  expect(counted(`reason = '${code}'`)).toEqual([{ n: 4 }]);
  expect(counted(`host = '${host}' and reason = '${code}'`)).toEqual([{ n: 4 }]);
});

test("a literal cannot be left by a quote in it", () => {
  expect(literal("it's")).toBe("'it''s'");
});
