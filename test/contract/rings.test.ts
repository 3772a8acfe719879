import { onTestFinished, beforeAll, afterAll, describe, expect, test } from "vitest";
import type { Ring, RingSink } from "@ringback/core";
import { runnerDefaults, type Runner } from "@ringback/runner";
import { openHouse, type House } from "../e2e/house.ts";
import type { ManualClock } from "../support/manual-clock.ts";
import { startReceiver, type Receiver } from "../support/receiver.ts";
import { createTestDatabase, type TestDatabase } from "../support/mode.ts";
import { askPostgres } from "../support/postgres-cluster.ts";
import { startServerInProcess, type ServerInProcess } from "../support/server-in-process.ts";
import { waitUntil } from "../support/wait-until.ts";

/** A sweep comes six times in a lease. */
const leaseMs = 6_000;
/** Jobs and lanes each wait for at most one sweep, which is a second away; the rest is for a machine that has much to do. */
const twoSweepsMs = 20_000;

/** One process takes requests, another runs jobs and calls receivers, and a trigger stands between them at the rings. */
interface Apart {
  readonly api: ServerInProcess;
  readonly database: TestDatabase;
  /** What becomes of every ring from now on: the body of a trigger before its insert. */
  interfere(plpgsql: string): Promise<void>;
  rings(): Promise<number>;
}

async function startApart(): Promise<Apart> {
  const database = await createTestDatabase();
  onTestFinished(() => database.drop());
  const settings = (role: string) => ({ RINGBACK_ROLE: role, RINGBACK_LEASE_MS: String(leaseMs) });
  const api = await startServerInProcess({ database, settings: settings("api") });
  onTestFinished(() => api.stop());
  const work = await Promise.all(
    ["runner", "dispatcher"].map((role) => startServerInProcess({ database, settings: settings(role) })),
  );
  for (const one of work) onTestFinished(() => one.stop());
  const ask = <Row extends object>(text: string) => askPostgres<Row>(database.connectionString, text);
  return {
    api,
    database,
    async interfere(plpgsql) {
      await ask(`create function interfere() returns trigger language plpgsql as $$ begin ${plpgsql} end $$`);
      await ask(
        "create trigger interfere before insert on ringback_graphile._private_jobs for each row execute function interfere()",
      );
    },
    rings: async () =>
      Number((await ask<{ count: string }>("select count(*) from ringback_graphile.jobs"))[0]?.count),
  };
}

describe("on PostgreSQL, a ring that goes wrong costs one sweep at most", () => {
  let receiver: Receiver;
  beforeAll(async () => {
    receiver = await startReceiver(({ path }) => (path === "/upstream" ? { status: 200, body: "1" } : 204));
  });
  afterAll(() => receiver.close());

  /** A job with a callback, all the way: run by one process and delivered by another. */
  async function throughAll({ api }: Apart, name: string): Promise<void> {
    const job = await api.client.submit({
      kind: "http",
      input: { url: `${receiver.origin}/upstream` },
      callback: { url: `${receiver.origin}/${name}` },
    });
    const done = await api.client.waitForDone(job.id, twoSweepsMs);
    expect(done).toMatchObject({ status: "succeeded", runs: 1 });
    await receiver.waitFor(({ path }) => path === `/${name}`, twoSweepsMs);
    await api.client.waitForJob(job.id, ({ callback }) => callback?.deliveries.delivered === 1);
    const [delivery] = await api.client.deliveriesOf(job.id);
    expect((await api.client.delivery(delivery?.id ?? "")).attempts).toHaveLength(1);
    expect(receiver.requests.filter(({ path }) => path === `/${name}`)).toHaveLength(1);
  }

  test("lost: nobody ever hears of it", { timeout: 60_000 }, async () => {
    const apart = await startApart();
    await apart.interfere("return null;");
    await throughAll(apart, "lost");
    expect(await apart.rings()).toBe(0);
  });

  test("late: it says the right thing an hour after it was needed", { timeout: 60_000 }, async () => {
    const apart = await startApart();
    await apart.interfere("new.run_at = now() + interval '1 hour'; return new;");
    await throughAll(apart, "late");
    expect(await apart.rings()).toBeGreaterThan(0);
    await askPostgres(
      apart.database.connectionString,
      "update ringback_graphile._private_jobs set run_at = now()",
    );
    await waitUntil(apart.rings, {
      holds: (count) => count === 0,
      timeoutMs: 10_000,
      what: "end of the late rings",
    });
    expect(receiver.requests.filter(({ path }) => path === "/late")).toHaveLength(1);
  });

  test("answered by nobody: a process took it and is gone", { timeout: 60_000 }, async () => {
    const apart = await startApart();
    await apart.interfere("new.locked_by = 'gone'; new.locked_at = now(); return new;");
    await throughAll(apart, "taken");
    expect(await apart.rings()).toBeGreaterThan(0);
  });

  test("doubled: many rings for one thing do it once", { timeout: 60_000 }, async () => {
    const apart = await startApart();
    // Each ring comes ten times more, without its key, so that nothing merges them.
    await apart.interfere(`
      if pg_trigger_depth() = 1 then
        insert into ringback_graphile._private_jobs (task_id, payload)
          select new.task_id, new.payload from generate_series(1, 10);
      end if;
      return new;`);
    await throughAll(apart, "doubled");
    await waitUntil(apart.rings, {
      holds: (count) => count === 0,
      timeoutMs: 10_000,
      what: "end of the doubled rings",
    });
    expect(receiver.requests.filter(({ path }) => path === "/doubled")).toHaveLength(1);
  });
});

describe("embedded, on a clock that is moved by hand", () => {
  test.each<[string, (rings: readonly Ring[], pass: RingSink, clock: ManualClock) => void]>([
    ["lost", () => undefined],
    ["late", (rings, pass, clock) => void clock.after(3_600_000, () => pass(rings))],
    ["doubled", (rings, pass) => Array.from({ length: 10 }, () => pass(rings))],
  ])("%s: the job is run and delivered once, after one sweep at most each", async (name, interfere) => {
    const receiver = await startReceiver();
    onTestFinished(() => receiver.close());
    const house = await openHouse(`contract/rings-${name}`, interfere);
    const { clock, runner } = house;
    await house.submitTo(`${receiver.origin}/once`);
    const sweep = async (): Promise<void> => {
      clock.advance(runnerDefaults.sweepMs);
      await runner.runOnce();
    };

    await sweep();
    await waitUntil(async () => runner.signals.counters.runsEnded.succeeded, {
      holds: (ended) => ended === 1,
      timeoutMs: 5_000,
      what: "end of the run",
    });
    await sweep();
    await receiver.waitForCount(1);

    await quiet(house, runnerDefaults.laneLingerMs);
    // Everything that was late comes now, and finds nothing to do.
    clock.advance(3_600_000);
    await quiet(house, runnerDefaults.laneLingerMs);
    expect(receiver.requests).toHaveLength(1);
    expect(runner.signals.counters.runsClaimed).toBe(1);
  });
});

/** Moves the clock in steps until nothing is going on any more. */
async function quiet({ clock, runner }: House, stepMs: number): Promise<void> {
  const step = async (): Promise<Runner["signals"]> => {
    clock.advance(stepMs);
    await runner.runOnce();
    return runner.signals;
  };
  await waitUntil(step, {
    holds: ({ heldLanes, running }) => heldLanes + running === 0,
    timeoutMs: 5_000,
    what: "quiet",
  });
}
