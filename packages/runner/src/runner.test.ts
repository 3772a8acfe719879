import { describe, expect, test } from "vitest";
import { createManualClock } from "./testing/manual-clock.ts";
import { createRunnerFixture } from "./testing/runner-fixture.ts";
import { pass, settled, until } from "./testing/until.ts";

const never = (): Promise<never> => new Promise(() => undefined);

describe("the runner", () => {
  test("settings that contradict each other are refused, all at once", () => {
    const clock = createManualClock();
    const settings = { leaseMs: 10_000, heartbeatMs: 9_000, runConcurrency: -1, sweepMs: 0.5 };
    expect(() => createRunnerFixture({ clock, settings })).toThrow(/runConcurrency .*sweepMs .*heartbeatMs/);
  });

  test("starting twice is a programmer's error", async () => {
    const { runner } = createRunnerFixture({ clock: createManualClock() });
    await runner.start();
    await expect(runner.start()).rejects.toThrow(/started already/);
  });

  test("the signals show what is going on", async () => {
    const clock = createManualClock();
    const { runner, store } = createRunnerFixture({ clock, run: never });
    expect(runner.signals).toMatchObject({ lastSweepAt: null, lastRunClaimAt: null, lastLaneClaimAt: null });
    store.addJob("job_0");
    store.addLane("a");
    await runner.start();
    await until("both are held", () => runner.signals.running === 1 && runner.signals.heldLanes === 1);
    expect(runner.signals).toMatchObject({
      lastSweepAt: clock.now(),
      lastRunClaimAt: clock.now(),
      lastLaneClaimAt: clock.now(),
      counters: { runsClaimed: 1, lanesClaimed: 1, sweeps: 1, sweepsFailed: 0 },
    });
  });
});

describe("F25 a drain", () => {
  test("F25 waits for what is in flight, and claims nothing more", async () => {
    const clock = createManualClock();
    const { promise, resolve } = Promise.withResolvers<string>();
    const { runner, store, ringJobs } = createRunnerFixture({ clock, run: () => promise });
    const job = store.addJob("job_0");
    await runner.start();
    await until("it runs", () => job.status === "running");
    const stopped = runner.stop();
    const late = store.addJob("job_1");
    ringJobs();
    await pass(clock, 3_000);
    expect(late.status).toBe("queued");
    resolve("done");
    await stopped;
    expect(job.outcomes).toMatchObject([{ kind: "succeeded" }]);
    expect(clock.timers).toBe(0);
  });

  test("F76 gives back, uncharged, what has not finished shortly before its end", async () => {
    const clock = createManualClock();
    const signals: AbortSignal[] = [];
    const { runner, store } = createRunnerFixture({
      clock,
      run: (_input, { signal }) => {
        signals.push(signal);
        return never();
      },
    });
    for (let at = 0; at < 5; at += 1) store.addJob(`job_${at}`);
    await runner.start();
    await until("all run", () => signals.length === 5);
    let isStopped = false;
    const stopped = runner.stop({ drainMs: 10_000 }).then(() => (isStopped = true));
    await pass(clock, 8_750);
    expect(signals.some((signal) => signal.aborted)).toBe(false);
    await pass(clock, 250);
    expect(signals.every((signal) => signal.aborted)).toBe(true);
    await pass(clock, 1_000);
    expect(isStopped).toBe(true);
    await stopped;
    for (const job of store.jobs.values()) {
      expect(job).toMatchObject({ status: "queued", outcomes: [{ kind: "released" }] });
    }
  });

  test("F76 what a claim still brings while stopping is given back without its handler having been called", async () => {
    const clock = createManualClock();
    let called = 0;
    const { runner, store, ringJobs } = createRunnerFixture({ clock, run: () => (called += 1) });
    await runner.start();
    await settled();
    const job = store.addJob("job_0");
    const answerClaim = store.holdAnswer("claim");
    ringJobs();
    await until("it is claimed", () => job.status === "running");
    const stopped = runner.stop();
    answerClaim();
    await stopped;
    expect(called).toBe(0);
    expect(job).toMatchObject({ status: "queued", outcomes: [{ kind: "released" }] });
  });

  test("F25 lanes are drained at once, and broken off and released at the end", async () => {
    const clock = createManualClock();
    const seen: string[] = [];
    const { runner, store } = createRunnerFixture({
      clock,
      serve: (turn) =>
        new Promise((resolve) => {
          turn.drain.addEventListener("abort", () => {
            seen.push(`${turn.lane.laneId} drained`);
            if (turn.lane.laneId === "quick") resolve();
          });
          turn.lost.addEventListener("abort", () => {
            seen.push(`${turn.lane.laneId} broken off`);
            resolve();
          });
        }),
    });
    const quick = store.addLane("quick");
    const slow = store.addLane("slow");
    await runner.start();
    await until("both are held", () => runner.signals.heldLanes === 2);
    const stopped = runner.stop({ drainMs: 4_000 });
    await settled();
    expect(seen).toEqual(["quick drained", "slow drained"]);
    expect(quick.holder).toBeNull();
    expect(slow.holder).toBe("this");
    await pass(clock, 3_000);
    await stopped;
    expect(seen).toContain("slow broken off");
    expect(slow.holder).toBeNull();
    expect(runner.signals.counters.lanesLost).toBe(0);
  });

  test("F25 is over in time, whatever handlers, lanes and store do", async () => {
    const clock = createManualClock();
    const { runner, store } = createRunnerFixture({ clock, run: never, serve: never });
    store.addJob("job_0");
    store.addLane("a");
    await runner.start();
    await until("both are held", () => runner.signals.running === 1 && runner.signals.heldLanes === 1);
    store.runs.end = never;
    store.lanes.release = never;
    let isStopped = false;
    const stopped = runner.stop({ drainMs: 2_000 }).then(() => (isStopped = true));
    await pass(clock, 2_000);
    expect(isStopped).toBe(true);
    await stopped;
  });

  test("is safe to ask for twice, and before the start", async () => {
    const clock = createManualClock();
    const { runner } = createRunnerFixture({ clock });
    expect(runner.stop()).toBe(runner.stop());
    await runner.stop();
  });
});

describe("the progress check", () => {
  test("is satisfied while due work is picked up, and while there is none", async () => {
    const clock = createManualClock();
    const { runner, store } = createRunnerFixture({ clock });
    await runner.start();
    for (let sweeps = 0; sweeps < 30; sweeps += 1) {
      store.addJob(`job_${sweeps}`, { dueAt: clock.now() - 3_600_000 });
      await pass(clock, 5_000);
      expect(await runner.progressCheck(clock.now())).toMatchObject({ ok: true });
    }
  });

  test("fails when sweeps fail", async () => {
    const clock = createManualClock();
    const { runner, store } = createRunnerFixture({ clock });
    await runner.start();
    store.down.add("due");
    await pass(clock, 15_000);
    expect((await runner.progressCheck(clock.now())).ok).toBe(true);
    await pass(clock, 1_000);
    expect(await runner.progressCheck(clock.now())).toEqual({
      ok: false,
      detail: "The last sweep was 16 s ago.",
    });
  });

  test("fails when jobs stay due although slots are free", async () => {
    const clock = createManualClock();
    const { runner, store } = createRunnerFixture({ clock });
    store.addJob("job_0");
    store.down.add("claim");
    await runner.start();
    await pass(clock, 60_000);
    expect((await runner.progressCheck(clock.now())).ok).toBe(true);
    await pass(clock, 20_000);
    expect(await runner.progressCheck(clock.now())).toEqual({
      ok: false,
      detail: "Jobs are overdue and are not claimed.",
    });
    store.down.delete("claim");
    await pass(clock, 10_000);
    expect((await runner.progressCheck(clock.now())).ok).toBe(true);
  });

  test("F77 is patient with jobs of a kind that others work, while claims are answered", async () => {
    const clock = createManualClock();
    const { runner, store } = createRunnerFixture({ clock });
    store.addJob("job_0", { kind: "elsewhere" });
    await runner.start();
    await pass(clock, 700_000);
    expect((await runner.progressCheck(clock.now())).ok).toBe(true);
    store.down.add("claim");
    await pass(clock, 80_000);
    expect((await runner.progressCheck(clock.now())).ok).toBe(false);
  });

  test("F62 full slots are work in progress", async () => {
    const clock = createManualClock();
    const { runner, store } = createRunnerFixture({ clock, run: never, settings: { runConcurrency: 1 } });
    store.addJob("job_0", { runTimeoutMs: 3_600_000 });
    store.addJob("job_1");
    await runner.start();
    await pass(clock, 200_000);
    expect((await runner.progressCheck(clock.now())).ok).toBe(true);
  });

  test("fails when lanes stay due and none is claimed, whether slots are free or a turn never ends", async () => {
    for (const lanesMax of [1, 2]) {
      const clock = createManualClock();
      const { runner, store } = createRunnerFixture({ clock, serve: never, settings: { lanesMax } });
      store.addLane("stuck");
      await runner.start();
      await until("it is held", () => runner.signals.heldLanes === 1);
      store.lanes.claim = async () => [];
      store.addLane("waiting");
      await pass(clock, 55_000);
      expect((await runner.progressCheck(clock.now())).ok).toBe(true);
      await pass(clock, 25_000);
      expect((await runner.progressCheck(clock.now())).detail).toMatch(/lanes are not claimed/);
    }
  });
});
