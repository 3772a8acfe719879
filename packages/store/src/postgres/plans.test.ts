// Asks PostgreSQL how it would run every statement of the store on large tables, so that one that reads a whole table, or
// sorts what it found, fails here.
import { Client, type QueryConfig } from "pg";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { noLimits, type Resealed, type SealPosition } from "@ringback/core";
import { leaseMs, openScene, tenantId, type Scene } from "../conformance/scene.ts";
import { readEverything } from "../testing/everything-read.ts";
import { manyRows, type RowsDialect } from "../testing/many-rows.ts";
import { optionsForPostgres, useCluster } from "../testing/postgres-ground.ts";
import { planProblems, type PlanNode } from "../testing/postgres-plan.ts";
import { createRandomWalk, seeded } from "../testing/random-walk.ts";
import { openPostgresStore, type PostgresStore } from "./open.ts";
import { planning } from "./pools.ts";

const rows = 200_000;

/** Statements that may do so all the same. */
const exempt = [
  // Two rows per tenant, added up once a second.
  /^select coalesce\(sum\(case what [^]* from "?job_count"?$/,
  // One row for each tenant of a list.
  /^select 1 from job_count where what = 'accepted' and tenant_id = any\(\$1::text\[\]\)/,
  // Lanes that are named, no more than the list has.
  /^with found as materialized [^]* from json_to_recordset\(\$5::json\)/,
  // What is counted by host or cause, all of which has to be looked at anyway.
  / from "dead_letter" .* group by /,
  // A tenant's endpoints, all of which are wanted.
  /from endpoint\s+where tenant_id = any\(\$1::text\[\]\) and deleted_at is null\s+order by tenant_id, created_at, id$/,
];

describe("access paths on PostgreSQL with 200,000 rows", () => {
  const cluster = useCluster();
  let store: PostgresStore;
  let client: Client;
  let statements: readonly string[];

  beforeAll(async () => {
    const connectionString = await cluster.createDatabase();
    // With the planner's settings of the store's own connections.
    client = new Client({ connectionString, options: planning });
    await client.connect();
    const options = optionsForPostgres(connectionString, { formerMasterKeys: [new Uint8Array(32)] });
    store = await openPostgresStore(options);
    const { random, rings } = options;
    await fill(client, rows);
    const scene = await openScene(async () => ({ store, random, rings }));
    statements = await listen(() => doEverything(scene));
  }, 300_000);
  afterAll(async () => {
    await store.close();
    await client.end();
  });

  const planOf = async (statement: string): Promise<PlanNode> => await planFor(client, statement);

  it("no statement goes through a whole table or index, or sorts what it found", async () => {
    expect(statements.length).toBeGreaterThan(80);
    // What a walk has found is read whole by its keys.
    expect(statements.some((one) => / from "dead_letter" .*"delivery_id" in \(/s.test(one))).toBe(true);
    const problems: string[] = [];
    for (const statement of statements.filter((text) => !exempt.some((pattern) => pattern.test(text)))) {
      for (const problem of planProblems(await planOf(statement))) problems.push(`${problem}: ${statement}`);
    }
    expect(problems).toEqual([]);
  });

  it("what expires is deleted by statements that were among them", () => {
    const deleting = statements.flatMap((text) => /delete from (\w+)/.exec(text)?.[1] ?? []);
    const over = ["idempotency", "signing_secret", "attempt", "dead_letter", "delivery", "event"];
    expect(deleting).toEqual(expect.arrayContaining(over));
  });

  it("of few rows, too, each is looked for by its key, since a plan that reads them all stays while they grow", async () => {
    const connectionString = await cluster.createDatabase();
    await (await openPostgresStore(optionsForPostgres(connectionString))).close();
    const joined = async (options: string): Promise<string[]> => {
      const small = new Client({ connectionString, options });
      await small.connect();
      await fill(small, 1_000);
      const reading: string[] = [];
      for (const statement of statements)
        if (joinsWhole(await planFor(small, statement))) reading.push(statement);
      await small.end();
      return reading;
    };
    expect(await joined(planning)).toEqual([]);
    expect(await joined("")).toContainEqual(expect.stringMatching(/^update "?delivery"? /));
  });

  it.each([
    "select * from delivery where url = $1",
    "select count(*) from event",
    "delete from attempt where started_at <= $1",
    "select * from delivery where tenant_id = $1 order by finished_at limit $2",
    "select id from delivery order by created_at limit $1",
    "select id from event where created_at <= $1 order by seq limit $2",
  ])("one that does is caught: %s", async (planted) => {
    expect(planProblems(await planOf(planted))).not.toEqual([]);
  });

  it.each(["event", "delivery"])(
    "what refers to a row of %s is found by an index when that is deleted",
    async (name) => {
      const { rows: references } = await client.query<{ child: string; columns: string[] }>(
        `select conrelid::regclass::text as child, array(
           select attname::text from unnest(conkey) as key join pg_attribute on attrelid = conrelid and attnum = key
         ) as columns from pg_constraint where contype = 'f' and confrelid = $1::regclass`,
        [name],
      );
      expect(references.length).toBeGreaterThan(0);
      for (const { child, columns } of references) {
        const found = columns.map((column, at) => `${column} = $${at + 1}`).join(" and ");
        const plan = JSON.stringify(await planOf(`select 1 from only ${child} as x where ${found}`));
        const condition = /"Index Cond":"([^"]*)"/.exec(plan)?.[1] ?? "";
        for (const column of columns) expect(condition).toContain(`(${column} = `);
      }
    },
  );
});

async function planFor(client: Client, statement: string): Promise<PlanNode> {
  const { rows: plans } = await client.query<{ "QUERY PLAN": [{ Plan: PlanNode }] }>(
    `explain (format json, generic_plan) ${statement}`,
  );
  const [plan] = plans;
  if (plan === undefined) throw new Error("no plan");
  return plan["QUERY PLAN"][0].Plan;
}

/** Whether both sides of a join are read whole. */
function joinsWhole(node: PlanNode): boolean {
  return /^(?:Hash|Merge) Join$/.test(node["Node Type"]) || (node.Plans ?? []).some(joinsWhole);
}

const dialect: RowsDialect = {
  bytes: "'\\x31'",
  count: (to) => `select n from generate_series(1, ${to}) as n`,
};

/**
 * Indexes are made when the rows are there, which takes a fraction of the time, and so does filling tables that were emptied
 * in the same transaction, whose rows need not be logged.
 */
async function fill(client: Client, count: number): Promise<void> {
  const { rows: indexes } = await client.query<{ name: string; made: string }>(
    `select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as made from pg_index
     where indrelid in (select oid from pg_class where relnamespace = 'public'::regnamespace)
       and not exists (select 1 from pg_constraint where conindid = indexrelid)`,
  );
  await client.query("begin; truncate tenant cascade");
  await client.query(
    "set local session_replication_role = replica; set local maintenance_work_mem = '256MB'",
  );
  for (const { name } of indexes) await client.query(`drop index ${name}`);
  for (const statement of manyRows(count, dialect)) await client.query(statement);
  for (const { made } of indexes) await client.query(made);
  await client.query("commit; analyze");
}

/** Every statement that was sent while `work` ran, once each. */
async function listen(work: () => Promise<void>): Promise<string[]> {
  const query = vi.spyOn(Client.prototype, "query");
  try {
    await work();
    const asked = query.mock.calls as unknown as [QueryConfig | string][];
    const texts = asked.flatMap(([config]) => (typeof config === "string" ? [] : [config.text]));
    return [...new Set(texts)].filter((text) => /^\s*(?:select|insert|update|delete|with)/i.test(text));
  } finally {
    query.mockRestore();
  }
}

async function doEverything(scene: Scene): Promise<void> {
  const { store } = scene;
  const walk = await createRandomWalk(scene, seeded(3));
  for (let at = 0; at < 250; at += 1) await walk.step();
  const idempotency = { key: "k", requestHash: "h", expiresAt: scene.now() + 1 };
  await store.intake.acceptJobs([scene.acceptance({}, { idempotency })], scene.now());
  await store.intake.acceptJobs([scene.acceptance({}, { idempotency })], scene.now());
  const own = { tenantId, type: "invoice.paid", data: "1", idempotency: { ...idempotency, key: "e" } };
  await store.intake.acceptEvents([own], scene.now());
  const held = await store.lanes.claim({ holder: "h", limit: 9, now: scene.now(), leaseMs });
  await store.lanes.claim({ holder: "h", limit: 9, now: scene.now(), leaseMs, only: held });
  await store.lanes.extend(held, { now: scene.now(), leaseMs });
  const runs = await store.runs.claim({
    holder: "h",
    kinds: ["report"],
    limit: 9,
    now: scene.now(),
    leaseMs,
  });
  await store.runs.extend(runs, { now: scene.now(), leaseMs });
  await store.runs.reportProgress(
    runs.map((run) => ({ ...run, percent: 1, message: null })),
    scene.now(),
  );
  const leased = { tenantId, kinds: ["report"], limit: 9, now: scene.now(), leaseMs };
  const outside = await store.runs.claimFor(leased);
  await store.runs.handOver(
    outside.map((run) => ({ ...run, until: scene.now() + 1 })),
    scene.now(),
  );
  await store.runs.failUnknownKinds({ kinds: ["report"], dueBefore: 1, now: scene.now(), limit: 9 });
  await store.due(scene.now(), 9);
  const replay = {
    filter: {},
    ratePerSecond: 5,
    stopAfterFailureRatio: null,
    reason: "why",
    tenantId,
  } as const;
  const nobody = { by: null, reason: null };
  for (const order of ["oldest", "newest"] as const) {
    const id = `rpl_of_${order}`;
    await store.replays.create({ ...replay, order, id, filter: { host: order } }, scene.now(), nobody);
    const claim = { holder: "h", limit: 9, now: scene.now(), leaseMs, soleHolder: true };
    for (const one of await store.replays.claim(claim)) {
      for (let at = 0; at < 3; at += 1) {
        await store.replays.step(one, { now: scene.now(), leaseMs, limit: 100_000 });
      }
      await store.replays.release(one);
    }
    await store.replays.change({ tenantId, replayId: id }, "cancel", scene.now(), nobody);
  }
  const letter = { tenantId, deliveryId: "dlv_1000000104" };
  await store.support.discard(letter, "why", scene.now(), nobody);
  await store.support.note(letter, "a note", scene.now(), nobody);
  // What is oldest of everything is over: first deliveries, then events.
  const never = 9e15;
  const none = { eventsMs: 0, deliveriesMs: 0, deadLettersMs: 0, tombstonesMs: 0 };
  const nothing = { ...none, attemptBodiesMs: 0, replaysMs: 0 };
  await store.expire({ now: 600, limit: 9, retention: nothing });
  const retention = { ...nothing, deliveriesMs: never, deadLettersMs: never };
  await store.expire({ now: 600, limit: 9, retention });
  await store.expire({ now: 600, limit: 1_000, retention: { ...retention, eventsMs: never } });
  await store.runs.failUnstarted({ now: scene.now(), limit: 9 });
  await store.intake.acceptTogether([scene.acceptance({}, { ownId: { requestHash: "h" } })], scene.now());
  await store.intake.eraseResults([{ tenantId, jobId: "job_000000002" }], scene.now());
  await store.kinds.announce({ holder: "h", kinds: [{ kind: "k", runTimeoutMs: 1, maxRuns: 1 }], now: 1 });
  await store.kinds.announced(0);
  const short = await scene.submit({ resultTtlMs: 1_000 });
  await store.intake.cancelJobs([{ tenantId, jobId: short.id }], scene.now());
  await store.expire({ now: scene.now() + 1_000, limit: 9, retention });
  const rotation = { secret: "whsec_bmV3", overlapUntil: scene.now(), now: scene.now() };
  await store.tenants.rotateCallbackSecret(tenantId, rotation);
  const key = { tenantId, id: "key_1", lookup: "abc", hash: "h", scopes: [], expiresAt: null };
  await store.tenants.putKeys([key], scene.now());
  await store.tenants.putFirstKey(key, scene.now());
  const act = { by: { tenantId, keyId: "key_1" }, reason: null };
  const asked = { id: "new", name: null, limits: noLimits, callbackSecret: "whsec_bmV3" };
  await store.tenants.createTenant(asked, scene.now(), act);
  await store.tenants.changeTenant(tenantId, { limits: { runningMax: 500 } }, scene.now(), act);
  await store.tenants.createKey({ ...key, id: "key_2", lookup: "abd" }, scene.now(), act);
  await store.tenants.revokeKey({ tenantId, keyId: "key_2" }, scene.now(), act);
  await store.tenants.noteKeyUse({ tenantId, keyId: "key_1" }, scene.now());
  const admission = { unfinishedMax: 1_000_000, backlogMax: 10_000_000 };
  await store.intake.acceptJobs([scene.acceptance({}, { admission })], scene.now());
  const limits = { tenantRunningMax: 1_000, kindRunningMax: { report: 1_000 } };
  await store.runs.claim({ holder: "h", kinds: ["report"], limit: 9, now: scene.now(), leaseMs, ...limits });
  await readEverything(store);
  await store.seals.takeOver(scene.now());
  for (let after: SealPosition | null = null, more = true; more;) {
    const step: Resealed = await store.seals.reseal({ after, limit: 10_000 });
    after = step.kind === "resealed" ? step.next : null;
    more = after !== null;
  }
}
