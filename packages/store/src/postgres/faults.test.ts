// What happens when PostgreSQL goes away, comes back, is slow, or loses the answer to a commit.
import { DatabaseError } from "pg";
import { describe, expect, it } from "vitest";
import { StoreUnavailable, type Ring } from "@ringback/core";
import { only, openScene, tenantId, type Scene } from "../conformance/scene.ts";
import { openCuttingProxy, type CuttingProxy } from "../testing/cutting-proxy.ts";
import { optionsForPostgres, systemClock, useCluster } from "../testing/postgres-ground.ts";
import { asUnavailable } from "./faults.ts";
import { openPostgresStore, type PostgresStoreOptions } from "./open.ts";

const unavailable = (code: string) => ({ name: "StoreUnavailable", code });
const allJobs = { after: null, limit: 999 };

describe("faults", () => {
  const cluster = useCluster();

  async function open(
    over: Partial<PostgresStoreOptions> = {},
  ): Promise<Scene & { readonly database: string }> {
    const opened = await cluster.openForTest(over);
    return { ...(await openScene(async () => opened)), database: opened.connectionString };
  }

  async function openThroughProxy(): Promise<{ scene: Scene; proxy: CuttingProxy; database: string }> {
    const database = await cluster.createDatabase();
    const proxy = await openCuttingProxy(database);
    return { scene: await open({ connectionString: proxy.connectionString }), proxy, database };
  }

  const terminate = (database: string, which = "true") =>
    cluster.ask(
      database,
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid() and ${which}`,
    );

  /** Until some connection waits for a lock. */
  async function someoneWaits(database: string): Promise<void> {
    const waits =
      "select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()";
    for (let found = 0; found === 0;) found = (await cluster.ask(database, waits)).length;
  }

  it("F47 a connection that is cut after the commit and before its answer: what was written is told as written", async () => {
    const { scene, proxy } = await openThroughProxy();
    proxy.cutAtNextCommit();
    const job = await scene.submit();
    expect(proxy.cuts()).toBe(1);
    expect(await scene.getJob(job.id)).toEqual(job);
    expect((await scene.store.reads.listJobs(tenantId, {}, allJobs)).items).toHaveLength(1);
    proxy.cutAtNextCommit();
    const run = only(await scene.claimRuns());
    proxy.cutAtNextCommit();
    expect(await scene.endRun(run)).toBe("succeeded");
    proxy.cutAtNextCommit();
    const lane = await scene.holdLane();
    proxy.cutAtNextCommit();
    const claimed = only(await scene.claimDeliveries(lane));
    proxy.cutAtNextCommit();
    expect(await scene.record(lane, claimed)).toBe("recorded");
    expect(proxy.cuts()).toBe(6);
    const events = await scene.store.reads.listJobEvents(tenantId, job.id, { after: 0, limit: 9 });
    expect(events).toHaveLength(1);
    expect(await scene.getDelivery(claimed.id)).toMatchObject({ status: "delivered", attempts: 1 });
  });

  it("F46 connections that are terminated while idle are replaced, and nobody notices", async () => {
    const scene = await open();
    await Promise.all([scene.submit(), scene.submit(), scene.claimRuns()]);
    await terminate(scene.database);
    const job = await scene.submit();
    expect(await scene.getJob(job.id)).toEqual(job);
    expect((await scene.claimRuns()).length).toBeGreaterThan(0);
  });

  it("F45 connections terminated under load: what was answered is there, what was refused may be asked again", async () => {
    const scene = await open();
    const accepted: string[] = [];
    let refused = 0;
    const submitMany = async (): Promise<void> => {
      for (let at = 0; at < 25; at += 1) {
        try {
          accepted.push((await scene.submit()).id);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(StoreUnavailable);
          refused += 1;
        }
      }
    };
    const load = Promise.all(Array.from({ length: 8 }, submitMany));
    for (let at = 0; at < 10; at += 1) await terminate(scene.database);
    await load;
    const { items } = await scene.store.reads.listJobs(tenantId, {}, allJobs);
    const stored = new Set(items.map(({ id }) => id));
    expect(accepted.filter((id) => !stored.has(id))).toEqual([]);
    expect(accepted.length + refused).toBe(200);
    expect(items).toHaveLength(accepted.length);
  });

  it("F21 without a database everything is refused as unreachable within two seconds, and goes on when it is back", async () => {
    const { scene, proxy } = await openThroughProxy();
    const job = await scene.submit();
    await proxy.refuse();
    const asked = systemClock.monotonicMs();
    const refused = await Promise.allSettled([scene.submit(), scene.getJob(job.id), scene.claimRuns()]);
    expect(systemClock.monotonicMs() - asked).toBeLessThan(2_000);
    for (const one of refused) expect(one).toMatchObject({ reason: unavailable("unreachable") });
    await proxy.resume();
    expect(await scene.getJob(job.id)).toEqual(job);
    expect((await scene.submit()).status).toBe("queued");
  });

  it("F49 a database that only reads refuses writes as unreachable, reads go on, and it heals", async () => {
    const scene = await open();
    const job = await scene.submit();
    const setting = (value: string): string =>
      `do $$ begin execute format('alter database %I set default_transaction_read_only = ${value}', current_database()); end $$`;
    await cluster.ask(scene.database, setting("on"));
    await terminate(scene.database);
    await expect(scene.submit()).rejects.toMatchObject(unavailable("unreachable"));
    expect(await scene.getJob(job.id)).toEqual(job);
    await cluster.ask(scene.database, `set transaction_read_only = off; ${setting("off")}`);
    await terminate(scene.database);
    expect((await scene.submit()).status).toBe("queued");
  });

  it("F50 a deadlock is made again, and its caller never hears of it", async () => {
    const scene = await open();
    await scene.finishJob();
    const job = await scene.submit();
    const run = only(await scene.claimRuns());
    const other = await cluster.connect(scene.database);
    await other.query("begin");
    await other.query("select 1 from lane for update");
    const ended = scene.endRun(run);
    const waits =
      "select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()";
    while ((await cluster.ask(scene.database, waits)).length === 0);
    await other.query("select 1 from job where id = $1 for update", [job.id]);
    await other.query("commit");
    expect(await ended).toBe("succeeded");
    expect(await scene.store.reads.listJobEvents(tenantId, job.id, { after: 0, limit: 9 })).toHaveLength(1);
  });

  it("F51 a caller waits two seconds for a connection and is then refused as busy; other work has its own", async () => {
    const scene = await open({ pool: { max: 1 } });
    const job = await scene.submit();
    const other = await cluster.connect(scene.database);
    await other.query("begin");
    await other.query("select 1 from tenant for update");
    const held = scene.submit();
    await someoneWaits(scene.database);
    await expect(scene.getJob(job.id)).rejects.toMatchObject(unavailable("busy"));
    expect(await scene.claimRuns()).toHaveLength(1);
    await other.query("commit");
    expect((await held).status).toBe("queued");
  });

  it("a broken constraint is its caller's alone", async () => {
    const scene = await open();
    const { id } = await scene.submit();
    const [first, twice, last] = await Promise.allSettled([
      scene.submit(),
      scene.submit({ id }),
      scene.submit(),
    ]);
    expect(twice).toMatchObject({ status: "rejected", reason: { code: "23505" } });
    expect([first.status, last.status]).toEqual(["fulfilled", "fulfilled"]);
    expect((await scene.store.reads.listJobs(tenantId, {}, allJobs)).items).toHaveLength(3);
  });

  it("F60 a process that was cut off from the others' changes listens again", async () => {
    const first = await cluster.openForTest();
    const { connectionString } = first;
    const second = await cluster.openForTest({ connectionString });
    const listeners =
      "select pid from pg_stat_activity where query like 'listen %' and datname = current_database()";
    const before = await cluster.ask<{ pid: number }>(connectionString, listeners);
    expect(before).toHaveLength(2);
    await terminate(connectionString, "query like 'listen %'");
    for (;;) {
      const now = await cluster.ask<{ pid: number }>(connectionString, listeners);
      if (now.length === 2 && now.every(({ pid }) => before.every((known) => known.pid !== pid))) break;
    }
    const heard = new Promise<void>((resolve) => void second.store.changes.subscribe(() => resolve()));
    await (await openScene(async () => first)).submit();
    await heard;
  });

  it("F55 the clock's distance to the database's is measured", async () => {
    const clock = { ...systemClock, now: () => systemClock.now() + 600_000 };
    const { store } = await cluster.openForTest({ clock });
    expect(Math.abs((await store.clockOffset()) + 600_000)).toBeLessThan(1_000);
  });

  it("a ring from inside the transaction is committed with its reason, or not at all", async () => {
    const connectionString = await cluster.createDatabase();
    await cluster.ask(connectionString, "create table rung (ring json)");
    const ringStatement = (rings: readonly Ring[]) => ({
      text: "insert into rung select * from json_array_elements($1::json)",
      values: [JSON.stringify(rings)],
    });
    const scene = await open({ connectionString, ringStatement });
    const rung = () => cluster.ask(connectionString, "select ring from rung");
    const { id } = await scene.submit();
    expect(await rung()).toEqual([{ ring: { kind: "jobs", at: scene.now() } }]);
    await expect(scene.submit({ id })).rejects.toThrow(/constraint/);
    expect(await rung()).toHaveLength(1);
    await scene.endRun(only(await scene.claimRuns()));
    expect(await rung()).toContainEqual({
      ring: { kind: "lane", tenantId, laneId: "https://example.com", at: scene.now() },
    });
  });

  it("characters that PostgreSQL's text cannot hold are replaced in what handlers say, and nothing is refused", async () => {
    const scene = await open();
    const { id } = await scene.submit();
    const message = "zero \0, half \ud800, whole 😀, spelled \\u0000";
    const outcome = { kind: "failed", code: "handler_error", message, retryable: false } as const;
    await scene.endRun(only(await scene.claimRuns()), outcome);
    const job = await scene.getJob(id);
    expect(job.error?.message).toBe("zero \u{FFFD}, half \u{FFFD}, whole 😀, spelled \\u0000");
  });

  it("after close everything is refused as unreachable, and what was under way is finished", async () => {
    const scene = await open();
    const job = scene.submit();
    await scene.store.close();
    expect((await job).status).toBe("queued");
    await expect(scene.submit()).rejects.toMatchObject(unavailable("unreachable"));
    await expect(scene.getJob("job_1")).rejects.toMatchObject(unavailable("unreachable"));
  });

  it("a database that is not there, or commits without waiting for its disk, does not open, and its password is not told", async () => {
    const gone = new URL(cluster.home());
    gone.port = "1";
    const opening = openPostgresStore(optionsForPostgres(gone.href));
    await expect(opening).rejects.toMatchObject({ code: "unreachable", path: "127.0.0.1:1/postgres" });
    await expect(openPostgresStore(optionsForPostgres(gone.href))).rejects.not.toThrow(/ringback@/);
    const database = await cluster.createDatabase();
    const name = new URL(database).pathname.slice(1);
    await cluster.ask(database, `alter database ${name} set synchronous_commit = off`);
    await expect(openPostgresStore(optionsForPostgres(database))).rejects.toMatchObject({
      code: "not_durable",
    });
  });

  it.each([
    ["40P01", "busy"],
    ["55P03", "busy"],
    ["57014", "busy"],
    ["53300", "busy"],
    ["53100", "full"],
    ["57P01", "unreachable"],
    ["57P03", "unreachable"],
    ["25006", "unreachable"],
    ["08006", "unreachable"],
    ["58030", "unreachable"],
  ])("%s means %s, also inside what the query builder throws", (sqlState, code) => {
    const cause = new DatabaseError("it says", 7, "error");
    cause.code = sqlState;
    expect(asUnavailable(cause)).toMatchObject({ code });
    expect(asUnavailable(new Error("query failed", { cause }))).toMatchObject({ code });
  });

  it("a broken constraint and a programmer's mistake stay what they are", () => {
    const broken = new DatabaseError("it says", 7, "error");
    broken.code = "23505";
    expect(asUnavailable(broken)).toBeNull();
    expect(asUnavailable(new TypeError("x is not a function"))).toBeNull();
    expect(asUnavailable(new StoreUnavailable("full", "full"))).toMatchObject({ code: "full" });
  });
});
