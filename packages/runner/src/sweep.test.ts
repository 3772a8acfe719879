import { describe, expect, test } from "vitest";
import { createManualClock } from "./testing/manual-clock.ts";
import { createRunnerFixture } from "./testing/runner-fixture.ts";
import { settled, until } from "./testing/until.ts";

describe("the sweep", () => {
  test("finds jobs and lanes that nobody rang for", async () => {
    const clock = createManualClock();
    const { runner, store } = createRunnerFixture({ clock });
    await runner.start();
    await settled();
    const job = store.addJob("job_0");
    const lane = store.addLane("a");
    clock.advance(5_000);
    await until("both were picked up", () => job.status === "done" && lane.token === 1);
    expect(runner.signals.counters).toMatchObject({ sweeps: 2, runsClaimed: 1, lanesClaimed: 1 });
  });

  test("after a restart, what comes due before the next sweep is picked up when it is due", async () => {
    const clock = createManualClock();
    const { runner, store } = createRunnerFixture({ clock });
    const job = store.addJob("job_0", { dueAt: clock.now() + 1_000 });
    const lane = store.addLane("a", { dueAt: clock.now() + 2_000 });
    await runner.start();
    clock.advance(1_000);
    await until("the job ran", () => job.status === "done");
    clock.advance(1_000);
    await until("the lane was served", () => lane.token === 1);
    expect(runner.signals.counters.sweeps).toBe(1);
  });

  test("F69 a run that a dead process left behind is run again once its lease is over", async () => {
    const clock = createManualClock();
    const { runner, store } = createRunnerFixture({ clock });
    const job = store.addJob("job_0", {
      status: "running",
      token: 4,
      holder: "dead",
      leaseUntil: clock.now() + 12_000,
    });
    await runner.start();
    for (let passed = 0; passed < 10_000; passed += 5_000) {
      clock.advance(5_000);
      await settled();
    }
    expect(job.status).toBe("running");
    clock.advance(5_000);
    await until("it ran again", () => job.status === "done");
    expect(job.token).toBe(5);
  });

  test("F69 a sole holder takes back every lease of the process before it at its first sweep, and only then", async () => {
    const clock = createManualClock();
    const { runner, store } = createRunnerFixture({ clock, settings: { soleHolder: true } });
    const job = store.addJob("job_0", {
      status: "running",
      holder: "dead",
      leaseUntil: clock.now() + 3_600_000,
    });
    await runner.start();
    await until("it ran again", () => job.status === "done");
    await runner.runOnce();
    const recoveries = store.log.filter((line) => line.call === "recover").map((line) => line.given);
    expect(recoveries).toEqual([{ now: clock.now(), soleHolder: "this" }, { now: clock.now() }]);
  });

  test("F69 a first recovery that failed is made up for", async () => {
    const clock = createManualClock();
    const { runner, store } = createRunnerFixture({ clock, settings: { soleHolder: true } });
    const job = store.addJob("job_0", {
      status: "running",
      holder: "dead",
      leaseUntil: clock.now() + 3_600_000,
    });
    store.down.add("recover");
    await runner.start();
    expect(runner.signals.counters.sweepsFailed).toBe(1);
    store.down.delete("recover");
    clock.advance(5_000);
    await until("it ran again", () => job.status === "done");
  });

  test("F75 a wall clock that jumps two hours ahead takes no lease from a living run", async () => {
    const clock = createManualClock();
    const { runner, store } = createRunnerFixture({
      clock,
      run: () => new Promise(() => undefined),
      settings: { sweepMs: 1_000 },
    });
    const job = store.addJob("job_0", { runTimeoutMs: 3_600_000 });
    await runner.start();
    await until("it runs", () => job.status === "running");
    clock.jump(2 * 3_600_000);
    clock.advance(1_000);
    await until("it was swept", () => runner.signals.counters.sweeps === 2);
    expect(job).toMatchObject({ status: "running", token: 1, holder: "this" });
    expect(job.leaseUntil).toBeGreaterThan(clock.now());
  });

  test("a sweep that fails is logged and tried again; it never stops the runner", async () => {
    const clock = createManualClock();
    const { runner, store, log } = createRunnerFixture({ clock });
    for (const call of ["recover", "due", "expire"] as const) {
      store.down.add(call);
      expect(await runner.runOnce()).toBeNull();
      store.down.delete(call);
    }
    expect(await runner.runOnce()).toMatchObject({ jobsDue: false, lanesDue: 0 });
    expect(log.events().filter((event) => event === "sweep_failed")).toHaveLength(3);
  });

  test("callers at the same time share one sweep", async () => {
    const clock = createManualClock();
    const { runner, store } = createRunnerFixture({ clock });
    await Promise.all([runner.runOnce(), runner.runOnce(), runner.runOnce()]);
    expect(store.calls.get("recover")).toBe(1);
  });

  test("F77 jobs of unknown kinds are failed when they have been held long enough", async () => {
    const clock = createManualClock();
    const { runner, store } = createRunnerFixture({ clock });
    await runner.runOnce();
    expect(store.log.find((line) => line.call === "failUnknownKinds")?.given).toMatchObject({
      kinds: ["work"],
      dueBefore: clock.now() - 600_000,
    });
  });

  test("F77 a process that runs no jobs fails none of unknown kinds and claims none", async () => {
    const clock = createManualClock();
    const { runner, store } = createRunnerFixture({ clock, settings: { runConcurrency: 0 } });
    const job = store.addJob("job_0");
    await runner.start();
    await settled();
    expect(store.calls.get("failUnknownKinds") ?? 0).toBe(0);
    expect(job.status).toBe("queued");
  });

  test("deletes what has been over for as long as the settings say", async () => {
    const clock = createManualClock();
    const settings = {
      eventRetentionMs: 3,
      deliveryRetentionMs: 2,
      deadLetterRetentionMs: 4,
      tombstoneMs: 77,
      attemptBodyRetentionMs: 5,
      replayRetentionMs: 6,
    };
    const { runner, store } = createRunnerFixture({ clock, settings });
    await runner.runOnce();
    expect(store.log.find((line) => line.call === "expire")?.given).toEqual({
      now: clock.now(),
      limit: 50,
      retention: {
        eventsMs: 3,
        deliveriesMs: 2,
        deadLettersMs: 4,
        tombstonesMs: 77,
        attemptBodiesMs: 5,
        replaysMs: 6,
      },
    });
  });

  test("jobs that waited too long are failed before anything is rung for", async () => {
    const clock = createManualClock();
    const { runner, store } = createRunnerFixture({ clock });
    const batches = [500, 2];
    store.runs.failUnstarted = async () => {
      expect(store.calls.get("due") ?? 0).toBe(0);
      return batches.shift() ?? 0;
    };
    expect(await runner.runOnce()).toMatchObject({ unstartedFailed: 502 });
  });

  test("deletes in short transactions, and leaves the rest to the next sweep", async () => {
    const clock = createManualClock();
    const { runner, store } = createRunnerFixture({ clock });
    const rows = [200, 200, 3];
    store.expire = async () => rows.shift() ?? 0;
    expect(await runner.runOnce()).toMatchObject({ expired: 403 });
    store.expire = async (options) => options.limit;
    expect(await runner.runOnce()).toMatchObject({ expired: 20_000 });
  });

  test("deletes fewer rows at once when the last transaction took long, and more again when they are short", async () => {
    const clock = createManualClock();
    const { runner, store } = createRunnerFixture({ clock });
    const took = [1, 1, 40, 20, 8, 1];
    const limits: number[] = [];
    store.expire = async ({ limit }) => {
      limits.push(limit);
      clock.advance(took[limits.length - 1] ?? 1);
      return limits.length < 8 ? limit : 0;
    };
    await runner.runOnce();
    expect(limits).toEqual([50, 100, 200, 50, 25, 25, 50, 100]);
    await runner.runOnce();
    expect(limits.at(-1)).toBe(200);
  });

  test("G6 a store that is slow at deleting does not hold up the next recovery", async () => {
    const clock = createManualClock();
    const { runner, store } = createRunnerFixture({ clock });
    let batches = 0;
    store.expire = async ({ limit }) => {
      batches += 1;
      clock.advance(1_000);
      return limit;
    };
    await runner.start();
    expect(batches).toBe(5);
    clock.advance(0);
    await until("the next sweep recovers", () => (store.calls.get("recover") ?? 0) === 2);
  });
});
