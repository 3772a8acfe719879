import { endsLater, noTraces, type JobDefinition, type Traces } from "@ringback/core";
import { describe, expect, test } from "vitest";
import { createManualClock } from "./testing/manual-clock.ts";
import { createRunnerFixture, type RunnerFixture } from "./testing/runner-fixture.ts";
import { settled, until } from "./testing/until.ts";

const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/** A runner that notes which spans are begun, and how they end. */
function traced(run: JobDefinition["run"]): RunnerFixture & { readonly noted: string[] } {
  const noted: string[] = [];
  const traces: Traces = {
    ...noTraces,
    run({ jobId, runNumber }) {
      noted.push(`${jobId} run ${runNumber}`);
      return {
        traceparent,
        carried: "carried",
        end: (outcome, job) => void noted.push(`${jobId} ${outcome?.kind ?? "nothing"}, job ${job}`),
      };
    },
  };
  return { ...createRunnerFixture({ clock: createManualClock(), run, traces }), noted };
}

describe("the span of a run", () => {
  test("is what its handler works in, and ends with what became of the job", async () => {
    const seen: unknown[] = [];
    const { runner, store, noted } = traced((_input, context) => void seen.push(context.traceparent));
    store.addJob("job_1");
    await runner.start();
    await until("it ended", () => runner.signals.counters.runsEnded.succeeded === 1);
    expect(seen).toEqual([traceparent]);
    expect(noted).toEqual(["job_1 run 1", "job_1 succeeded, job succeeded"]);
    await runner.stop();
  });

  test("tells that the lease was lost", async () => {
    const { runner, store, noted } = traced(() => "too late");
    const job = store.addJob("job_1");
    const release = store.holdAnswer("claim");
    const started = runner.start();
    await settled();
    job.token += 1;
    release();
    await started;
    await until("it was lost", () => runner.signals.counters.runsLost === 1);
    expect(noted).toEqual(["job_1 run 1", "job_1 succeeded, job lost"]);
    await runner.stop();
  });

  test("is left to whoever ends the run when it was handed over", async () => {
    const { runner, store, noted } = traced(() => endsLater);
    store.addJob("job_1");
    await runner.start();
    await until("it was handed over", () => runner.signals.counters.runsEnded.handed_over === 1);
    expect(noted).toEqual(["job_1 run 1"]);
    await runner.stop();
  });

  test("is not begun for what a claim still brings when the runner stops", async () => {
    const { runner, store, noted } = traced(() => "never");
    const job = store.addJob("job_1");
    const release = store.holdAnswer("claim");
    const started = runner.start();
    await settled();
    const stopped = runner.stop();
    release();
    await Promise.all([started, stopped]);
    expect(job.status).toBe("queued");
    expect(noted).toEqual([]);
  });
});
