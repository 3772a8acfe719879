import { endsLater, type RunContext } from "@ringback/core";
import { describe, expect, test } from "vitest";
import { createManualClock } from "./testing/manual-clock.ts";
import { createRunnerFixture, type RunnerFixture } from "./testing/runner-fixture.ts";
import { settled, until } from "./testing/until.ts";

/** A runner with one slot, and a handler that gives its completion away. */
function fixture(): RunnerFixture & { readonly contexts: RunContext[] } {
  const contexts: RunContext[] = [];
  const made = createRunnerFixture({
    clock: createManualClock(),
    settings: { runConcurrency: 1 },
    run(_input, context) {
      contexts.push(context);
      return endsLater;
    },
  });
  return { ...made, contexts };
}

describe("a run whose handler says that it ends later", () => {
  test("is handed over until its time is over, and holds no slot any more", async () => {
    const { runner, store, contexts } = fixture();
    const job = store.addJob("job_1", { runTimeoutMs: 5_000 });
    await runner.start();
    await until("it was handed over", () => runner.signals.counters.runsEnded.handed_over === 1);
    const given = store.log.find(({ call }) => call === "handOver")?.given;
    expect(given).toMatchObject([{ jobId: "job_1", token: 1, until: job.leaseUntil - 30_000 + 5_000 }]);
    expect(contexts[0]?.completion).toMatchObject({ token: "1" });
    expect(runner.signals.running).toBe(0);
    expect(job).toMatchObject({ status: "running", outcomes: [] });
    await runner.stop();
  });

  test("F70 is nobody's business any more when its upstream has ended it already", async () => {
    const { runner, store } = fixture();
    const job = store.addJob("job_1");
    const release = store.holdAnswer("claim");
    const started = runner.start();
    await settled();
    job.token += 1;
    release();
    await started;
    await until("it was given up", () => runner.signals.counters.runsLost === 1);
    expect(job.outcomes).toEqual([]);
    await runner.stop();
  });

  test("is handed over again when the store was away", async () => {
    const clock = createManualClock();
    const { runner, store } = createRunnerFixture({ clock, run: () => endsLater });
    store.addJob("job_1");
    store.down.add("handOver");
    await runner.start();
    await until("the store was asked", () => store.calls.get("handOver") === 1);
    store.down.delete("handOver");
    await settled();
    clock.advance(5_000);
    await until("it was handed over", () => runner.signals.counters.runsEnded.handed_over === 1);
    expect(store.calls.get("handOver")).toBe(2);
    await runner.stop();
  });
});
