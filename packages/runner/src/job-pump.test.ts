import { describe, expect, test } from "vitest";
import { runnerDefaults } from "./settings.ts";
import { createManualClock } from "./testing/manual-clock.ts";
import { createRunnerFixture } from "./testing/runner-fixture.ts";
import { pass, settled, until } from "./testing/until.ts";

interface OpenRuns {
  readonly run: (
    input: unknown,
    context: { readonly job: { readonly id: string }; readonly signal: AbortSignal },
  ) => Promise<unknown>;
  readonly started: string[];
  readonly signals: Map<string, AbortSignal>;
  readonly finish: (id: string) => void;
}

/** A handler whose runs end when the test says so. */
function openRuns(): OpenRuns {
  const ends = new Map<string, () => void>();
  const started: string[] = [];
  const signals = new Map<string, AbortSignal>();
  return {
    started,
    signals,
    finish: (id) => ends.get(id)?.(),
    run: (_input, { job, signal }) => {
      started.push(job.id);
      signals.set(job.id, signal);
      return new Promise((resolve) => void ends.set(job.id, () => resolve("done")));
    },
  };
}

describe("the job pump", () => {
  test("a full process passes the ring on, and one with room keeps it to itself", async () => {
    const clock = createManualClock();
    const handler = openRuns();
    const settings = { runConcurrency: 2 };
    const { runner, store, ringJobs, passedOn } = createRunnerFixture({ clock, run: handler.run, settings });
    await runner.start();
    store.addJob("job_0");
    ringJobs();
    await until("one run has begun", () => handler.started.length === 1);
    expect(passedOn()).toBe(0);
    store.addJob("job_1");
    ringJobs();
    await until("both have begun", () => handler.started.length === 2);
    // The claim was as large as the room: there may be more.
    await until("it was passed on", () => passedOn() === 1);
    ringJobs();
    await until("a ring at a full process was passed on, too", () => passedOn() === 2);
    for (const id of ["job_0", "job_1"]) handler.finish(id);
    await runner.signals.whenIdle();
    await runner.stop();
  });

  test("runs what is due, and no more at once than it has slots for", async () => {
    const clock = createManualClock();
    const handler = openRuns();
    const { runner, store, ringJobs } = createRunnerFixture({
      clock,
      run: handler.run,
      settings: { runConcurrency: 3 },
    });
    for (let at = 0; at < 7; at += 1) store.addJob(`job_${at}`);
    await runner.start();
    ringJobs();
    await until("three runs have begun", () => handler.started.length === 3);
    await settled();
    expect(handler.started).toHaveLength(3);
    expect(runner.signals.running).toBe(3);
    handler.finish("job_0");
    await until("the free slot was filled", () => handler.started.length === 4);
    for (let at = 1; at < 7; at += 1) {
      await until(`job_${at} has begun`, () => handler.started.includes(`job_${at}`));
      handler.finish(`job_${at}`);
    }
    await runner.signals.whenIdle();
    expect(runner.signals.counters.runsEnded.succeeded).toBe(7);
    expect([...store.jobs.values()].every((job) => job.outcomes.length === 1)).toBe(true);
    await runner.stop();
  });

  test("a slot is free only after the end was recorded", async () => {
    const clock = createManualClock();
    const handler = openRuns();
    const { runner, store } = createRunnerFixture({
      clock,
      run: handler.run,
      settings: { runConcurrency: 1 },
    });
    store.addJob("job_0");
    store.addJob("job_1");
    await runner.start();
    await until("the first has begun", () => handler.started.length === 1);
    const answerEnd = store.holdAnswer("end");
    handler.finish("job_0");
    await settled();
    expect(handler.started).toEqual(["job_0"]);
    expect(runner.signals.running).toBe(1);
    answerEnd();
    await until("the second has begun", () => handler.started.length === 2);
  });

  test("fills slots that one commit has freed by one claim", async () => {
    const clock = createManualClock();
    const { runner, store } = createRunnerFixture({ clock, settings: { runConcurrency: 20 } });
    for (let at = 0; at < 200; at += 1) store.addJob(`job_${at}`);
    await runner.start();
    await runner.signals.whenIdle();
    expect(runner.signals.counters.runsEnded.succeeded).toBe(200);
    expect(store.calls.get("claim")).toBeLessThanOrEqual(12);
  });

  test("a ring during a claim is not lost", async () => {
    const clock = createManualClock();
    const handler = openRuns();
    const { runner, store, ringJobs } = createRunnerFixture({ clock, run: handler.run });
    await runner.start();
    await settled();
    const answerClaim = store.holdAnswer("claim");
    ringJobs();
    await until("a claim is under way", () => (store.calls.get("claim") ?? 0) === 1);
    await settled();
    store.addJob("job_late");
    ringJobs();
    await settled();
    expect(handler.started).toEqual([]);
    answerClaim();
    await until("the late job has begun", () => handler.started.length > 0);
    expect(handler.started).toEqual(["job_late"]);
  });

  test("a ring while all slots are taken is kept until one is free", async () => {
    const clock = createManualClock();
    const handler = openRuns();
    const { runner, store, ringJobs } = createRunnerFixture({
      clock,
      run: handler.run,
      settings: { runConcurrency: 2 },
    });
    store.addJob("job_0");
    await runner.start();
    await until("the first has begun", () => handler.started.length === 1);
    store.addJob("job_1");
    ringJobs();
    await until("the second has begun", () => handler.started.length === 2);
    store.addJob("job_2");
    ringJobs();
    await settled();
    handler.finish("job_0");
    await until("the third has begun", () => handler.started.length === 3);
    expect(runner.signals.running).toBe(2);
  });

  test("F76 a claim that brings a full batch while the pump is closing does not hold up the drain", async () => {
    const clock = createManualClock();
    const handler = openRuns();
    const { runner, store, ringJobs } = createRunnerFixture({
      clock,
      run: handler.run,
      settings: { runConcurrency: 2 },
    });
    await runner.start();
    for (let at = 0; at < 10; at += 1) store.addJob(`job_${at}`);
    const answerClaim = store.holdAnswer("claim");
    ringJobs();
    await until("two are claimed", () => store.jobs.get("job_1")?.status === "running");
    const stopped = runner.stop({ drainMs: 10_000 });
    answerClaim();
    // The clock stands still: only the drain's own work can end it.
    await stopped;
    expect(handler.started).toEqual([]);
    expect(store.calls.get("claim")).toBe(1);
    expect([...store.jobs.values()].map(({ status }) => status)).toEqual(Array<string>(10).fill("queued"));
  });

  test("F78 a cancel ring that arrives while the job is being claimed reaches its run", async () => {
    const clock = createManualClock();
    const handler = openRuns();
    const { runner, store, ringJobs, ringCancel } = createRunnerFixture({ clock, run: handler.run });
    await runner.start();
    store.addJob("job_0");
    const answerClaim = store.holdAnswer("claim");
    ringJobs();
    await until("it is claimed", () => store.jobs.get("job_0")?.status === "running");
    store.jobs.get("job_0")!.cancelRequested = true;
    ringCancel("job_0");
    await settled();
    answerClaim();
    await runner.signals.whenIdle();
    expect(store.jobs.get("job_0")?.outcomes).toEqual([{ kind: "canceled" }]);
    expect(handler.started).toEqual([]);
  });

  test("F78 cancel and finish at the same time record one end", async () => {
    for (const order of ["cancel first", "finish first"] as const) {
      const clock = createManualClock();
      const handler = openRuns();
      const { runner, store, ringCancel } = createRunnerFixture({ clock, run: handler.run });
      const job = store.addJob("job_0");
      await runner.start();
      await until("it runs", () => handler.started.length === 1);
      if (order === "finish first") handler.finish("job_0");
      job.cancelRequested = true;
      ringCancel("job_0");
      if (order === "cancel first") handler.finish("job_0");
      await runner.signals.whenIdle();
      expect(job.outcomes).toHaveLength(1);
      expect(runner.signals.counters.runsEnded.canceled).toBe(1);
    }
  });

  test("F78 a cancellation whose ring was lost is found by the heartbeat", async () => {
    const clock = createManualClock();
    const handler = openRuns();
    const { runner, store } = createRunnerFixture({ clock, run: handler.run });
    const job = store.addJob("job_0");
    await runner.start();
    await until("it runs", () => handler.started.length === 1);
    job.cancelRequested = true;
    clock.advance(10_000);
    await until("its signal fired", () => handler.signals.get("job_0")?.aborted === true);
    clock.advance(runnerDefaults.cancelGraceMs);
    await runner.signals.whenIdle();
    expect(job.outcomes).toEqual([{ kind: "canceled" }]);
  });

  test("F70 a run whose lease was lost records nothing; the run that took its place does", async () => {
    const clock = createManualClock();
    const handler = openRuns();
    const { runner, store, ringJobs } = createRunnerFixture({ clock, run: handler.run });
    const job = store.addJob("job_0");
    await runner.start();
    await until("it runs", () => handler.started.length === 1);
    const finishFirst = handler.finish;
    const firstSignal = handler.signals.get("job_0");
    Object.assign(job, { status: "queued", holder: null });
    finishFirst("job_0");
    ringJobs();
    await until("it runs again", () => handler.started.length === 2);
    handler.finish("job_0");
    await runner.signals.whenIdle();
    expect(job.outcomes).toHaveLength(1);
    expect(runner.signals.counters.runsLost).toBe(1);
    expect(firstSignal).not.toBe(handler.signals.get("job_0"));
  });

  test("F70 a heartbeat that finds the lease lost fires the signal and frees the slot", async () => {
    const clock = createManualClock();
    const handler = openRuns();
    const { runner, store } = createRunnerFixture({ clock, run: handler.run });
    const job = store.addJob("job_0");
    await runner.start();
    await until("it runs", () => handler.started.length === 1);
    job.token += 1;
    clock.advance(10_000);
    await until("its signal fired", () => handler.signals.get("job_0")?.aborted === true);
    clock.advance(1_000);
    await until("its slot is free", () => runner.signals.running === 0);
    expect(job.outcomes).toEqual([]);
  });

  test("an end is kept while the store is away, and recorded when it is back", async () => {
    const clock = createManualClock();
    const { runner, store, log } = createRunnerFixture({ clock });
    const job = store.addJob("job_0");
    store.down.add("end");
    await runner.start();
    await pass(clock, 20_000);
    expect(store.calls.get("end")).toBeGreaterThan(4);
    expect(job.outcomes).toEqual([]);
    store.down.delete("end");
    await pass(clock, 5_000);
    expect(job.outcomes).toMatchObject([{ kind: "succeeded" }]);
    expect(log.events()).not.toContain("run_lost");
    await runner.signals.whenIdle();
  });

  test("F72 an end that cannot be recorded before the lease is over is given up", async () => {
    const clock = createManualClock();
    const { runner, store } = createRunnerFixture({ clock });
    store.addJob("job_0");
    store.down.add("end");
    await runner.start();
    await until("an end has failed", () => store.calls.get("end") === 1);
    for (const call of ["extendRuns", "claim", "due", "recover"] as const) store.down.add(call);
    await pass(clock, 36_000);
    await until("its slot is free", () => runner.signals.running === 0);
    expect(runner.signals.counters.runsLost).toBe(1);
  });

  test("an end that the store finds faulty is logged and left to its lease", async () => {
    const clock = createManualClock();
    const { runner, store, log } = createRunnerFixture({ clock });
    store.addJob("job_0");
    store.runs.end = () => Promise.reject(new TypeError("a CHECK failed"));
    await runner.start();
    await until(
      "its slot is free",
      () => runner.signals.running === 0 && runner.signals.counters.runsLost === 1,
    );
    expect(log.lines).toContainEqual({
      level: "error",
      event: "run_not_recorded",
      fields: { jobId: "job_0", kind: "work", errorName: "TypeError" },
    });
  });

  test("a claim that fails is tried again", async () => {
    const clock = createManualClock();
    const handler = openRuns();
    const { runner, store, log } = createRunnerFixture({ clock, run: handler.run });
    store.addJob("job_0");
    store.down.add("claim");
    await runner.start();
    await until("a claim has failed", () => (store.calls.get("claim") ?? 0) === 1);
    await settled();
    store.down.delete("claim");
    clock.advance(1_000);
    await until("it runs", () => handler.started.length === 1);
    expect(log.events()).toEqual(["jobs_not_claimed"]);
  });
});
