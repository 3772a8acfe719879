import { createKinds, defineJob, JobFailure, type JobDefinition } from "@ringback/core";
import { describe, expect, test } from "vitest";
import { createInThreadExecutor } from "./executor/in-thread.ts";
import { createFaultAttribution, type FaultAttribution } from "./fault-attribution.ts";
import { startJobRun, type JobRun, type RunEnding } from "./job-run.ts";
import { runnerDefaults } from "./settings.ts";
import { createKeptLog, makeClaimed } from "./testing/fakes.ts";
import { createManualClock } from "./testing/manual-clock.ts";
import { settled } from "./testing/until.ts";

interface Started {
  readonly run: JobRun;
  readonly clock: ReturnType<typeof createManualClock>;
  readonly log: ReturnType<typeof createKeptLog>;
  readonly attribution: FaultAttribution;
  /** Whose code was executing at each write of progress. */
  readonly progressWrittenAs: readonly unknown[];
  /** What the run has ended as; undefined while it has not. */
  readonly outcome: () => RunEnding | null | undefined;
}

function start(
  run: JobDefinition["run"],
  options: Partial<JobDefinition> & { readonly rawInput?: string | null } = {},
): Started {
  const clock = createManualClock();
  const log = createKeptLog();
  const attribution: FaultAttribution = createFaultAttribution();
  const progressWrittenAs: unknown[] = [];
  const jobRun = startJobRun(makeClaimed("job_1", { input: options.rawInput ?? null }), {
    executor: createInThreadExecutor({
      kinds: createKinds([defineJob({ kind: "work", run, input: options.input })]),
      resultBytesMax: 100_000,
      attribution,
      handlerLog: log,
    }),
    clock,
    log,
    settings: runnerDefaults,
    async writeProgress() {
      progressWrittenAs.push(attribution.currentRun());
      return "written";
    },
    resultUrl: ({ tenantId, jobId }) => `https://ringback.example/${tenantId}/${jobId}`,
  });
  let outcome: RunEnding | null | undefined;
  void jobRun.ended.then((ended) => void (outcome = ended));
  return { run: jobRun, clock, log, attribution, progressWrittenAs, outcome: () => outcome };
}

async function endOf(
  run: JobDefinition["run"],
  options: Parameters<typeof start>[1] = {},
): Promise<RunEnding | null> {
  return start(run, options).run.ended;
}

function boom(): never {
  throw new Error("boom");
}

function thenable(then: PropertyDescriptor): object {
  // oxlint-disable-next-line unicorn/no-thenable -- what handlers should not return is what is tested.
  return Object.defineProperties({}, { then });
}

const never = (): Promise<never> => new Promise(() => undefined);
const textOf = (outcome: RunEnding | null | undefined): string =>
  outcome?.kind === "succeeded"
    ? new TextDecoder().decode(outcome.result.body)
    : `no result: ${outcome?.kind}`;

describe("a run", () => {
  test("gives the handler its parsed input, the job and the run's number, and keeps what it returns", async () => {
    const outcome = await endOf(
      (input, { job, runNumber, signal }) => ({ input, id: job.id, runNumber, aborted: signal.aborted }),
      { rawInput: '{"a":[1,2]}' },
    );
    expect(JSON.parse(textOf(outcome))).toEqual({
      input: { a: [1, 2] },
      id: "job_1",
      runNumber: 1,
      aborted: false,
    });
    expect(outcome).toMatchObject({ kind: "succeeded", resultUrl: null });
  });

  test("gives a handler of a job without input undefined", async () => {
    expect(textOf(await endOf((input) => input === undefined))).toBe("true");
    expect(textOf(await endOf((input) => input === null, { rawInput: "null" }))).toBe("true");
  });

  test("gives the handler what its schema makes of the input", async () => {
    const input = {
      "~standard": { version: 1, vendor: "test", validate: (value: unknown) => ({ value: [value] }) },
    } as const;
    expect(textOf(await endOf((given) => given, { rawInput: "1", input }))).toBe("[1]");
  });

  test("an input that its schema refuses fails as input_invalid and is not tried again", async () => {
    let called = false;
    const input = {
      "~standard": {
        version: 1,
        vendor: "test",
        validate: () => ({ issues: [{ message: "too short", path: ["a", 0] }] }),
      },
    } as const;
    const outcome = await endOf(() => (called = true), { rawInput: "{}", input });
    expect(outcome).toEqual({
      kind: "failed",
      code: "input_invalid",
      message: "The input does not fit its kind: /a/0: too short",
      retryable: false,
    });
    expect(called).toBe(false);
  });

  test("a result that is not inline gets a URL where it can be fetched", async () => {
    const url = "https://ringback.example/default/job_1";
    expect(await endOf(() => ({ contentType: "text/csv", body: "a" }))).toMatchObject({ resultUrl: url });
    expect(await endOf(() => "x".repeat(20_001))).toMatchObject({ resultUrl: url });
    expect(await endOf(() => "x".repeat(1_000))).toMatchObject({ resultUrl: null });
  });

  test("the handler's log lines say which run they are of", async () => {
    const { run, log } = start((_input, context) => context.log.info("half", { jobId: "forged", done: 50 }));
    await run.ended;
    expect(log.lines).toEqual([
      { level: "info", event: "half", fields: { done: 50, jobId: "job_1", kind: "work", run: 1 } },
    ]);
  });
});

describe("F61 a handler that throws", () => {
  const thrown: readonly (readonly [string, JobDefinition["run"]])[] = [
    [
      "at once",
      () => {
        throw new Error("boom");
      },
    ],
    [
      "later",
      async () => {
        await Promise.resolve();
        throw new Error("boom");
      },
    ],
    [
      "a string",
      () => {
        throw "boom" as unknown as Error;
      },
    ],
    [
      "a frozen object",
      () => {
        throw Object.freeze({ message: "boom" }) as unknown as Error;
      },
    ],
    ["from a thenable", () => thenable({ value: boom })],
    ["from a getter of its then", () => thenable({ get: boom })],
  ];
  test.each(thrown)("F61 %s fails the run as handler_error", async (_name, run) => {
    expect(await endOf(run)).toEqual({
      kind: "failed",
      code: "handler_error",
      message: "boom",
      retryable: true,
    });
  });

  test("F61 null fails the run too", async () => {
    expect(
      await endOf(() => {
        throw null as unknown as Error;
      }),
    ).toMatchObject({ code: "handler_error" });
  });

  test("a JobFailure decides how the run fails", async () => {
    const failure = new JobFailure("upstream is down", { code: "upstream_failed", retryable: false });
    expect(await endOf(() => Promise.reject(failure))).toMatchObject({
      code: "upstream_failed",
      retryable: false,
    });
  });
});

describe("F67 a result that cannot be kept", () => {
  test("F67 fails the run and is not tried again", async () => {
    expect(await endOf(() => 1n)).toMatchObject({ code: "result_not_serialisable", retryable: false });
    expect(await endOf(() => "x".repeat(100_000_000))).toMatchObject({
      code: "result_too_large",
      retryable: false,
    });
  });
});

describe("F62 a handler that never settles", () => {
  test("F62 is told by its signal at the run timeout, and given up after the grace", async () => {
    let signal: AbortSignal | undefined;
    const { clock, outcome } = start((_input, context) => {
      ({ signal } = context);
      return never();
    });
    await settled();
    clock.advance(59_999);
    expect(signal?.aborted).toBe(false);
    clock.advance(1);
    expect(signal?.aborted).toBe(true);
    expect(signal?.reason).toMatchObject({
      name: "AbortError",
      message: "The run took longer than 60000 ms.",
    });
    await settled();
    expect(outcome()).toBeUndefined();
    clock.advance(runnerDefaults.abortGraceMs);
    await settled();
    expect(outcome()).toMatchObject({ kind: "failed", code: "run_timeout", retryable: true });
    expect(clock.timers).toBe(0);
  });

  test("F62 a handler that stops when it is told ends the run at once, as run_timeout", async () => {
    for (const end of ["resolve", "reject"] as const) {
      const { clock, outcome } = start(
        (_input, { signal }) =>
          new Promise((resolve, reject) => {
            signal.addEventListener("abort", () =>
              end === "resolve" ? resolve("partial") : reject(new Error("aborted")),
            );
          }),
      );
      await settled();
      clock.advance(60_000);
      await settled();
      expect(outcome()).toMatchObject({ code: "run_timeout" });
    }
  });

  test("F62 what it does after it was given up is ignored", async () => {
    const late = Promise.withResolvers<unknown>();
    const { clock, outcome } = start(() => late.promise);
    await settled();
    clock.advance(60_000 + runnerDefaults.abortGraceMs);
    late.reject(new Error("too late"));
    await settled();
    expect(outcome()).toMatchObject({ code: "run_timeout" });
  });
});

describe("F78 cancellation", () => {
  test("F78 fires the signal, and the run ends as canceled when the handler stops, however it stops", async () => {
    for (const settle of [() => "x", () => Promise.reject(new Error("stopped"))]) {
      const { run, outcome } = start(
        (_input, { signal }) =>
          new Promise((resolve) => signal.addEventListener("abort", () => resolve(settle()))),
      );
      await settled();
      run.cancel();
      await settled();
      expect(outcome()).toEqual({ kind: "canceled" });
    }
  });

  test("F78 a handler that ignores the signal is given up after the grace", async () => {
    const { run, clock, outcome } = start(never);
    await settled();
    run.cancel();
    clock.advance(runnerDefaults.cancelGraceMs - 1);
    await settled();
    expect(outcome()).toBeUndefined();
    clock.advance(1);
    await settled();
    expect(outcome()).toEqual({ kind: "canceled" });
  });

  test("F78 the first of cancel and finish wins", async () => {
    const first = start(() => "done");
    await first.run.ended;
    first.run.cancel();
    await settled();
    expect(first.outcome()).toMatchObject({ kind: "succeeded" });
    const second = start(() => "done");
    second.run.cancel();
    await settled();
    expect(second.outcome()).toEqual({ kind: "canceled" });
  });

  test("a run that was canceled before its handler was called never calls it", async () => {
    let called = false;
    const { run } = start(() => (called = true));
    run.cancel();
    expect(await run.ended).toEqual({ kind: "canceled" });
    expect(called).toBe(false);
  });
});

describe("F70 a lost lease", () => {
  test("F70 fires the signal and leaves nothing to record, whatever the handler returns", async () => {
    const { run, outcome } = start(
      (_input, { signal }) => new Promise((resolve) => signal.addEventListener("abort", () => resolve("x"))),
    );
    await settled();
    run.lose();
    await settled();
    expect(outcome()).toBeNull();
    expect(run.isLost).toBe(true);
  });

  test("F70 also after a cancellation or a timeout, since the job is somebody else's now", async () => {
    const { run, clock, outcome } = start(never);
    await settled();
    run.cancel();
    run.lose();
    clock.advance(runnerDefaults.cancelGraceMs);
    await settled();
    expect(outcome()).toBeNull();
  });

  test("F62 frees the slot after the grace though the handler never settles", async () => {
    const { run, clock, outcome } = start(never);
    await settled();
    run.lose();
    clock.advance(runnerDefaults.abortGraceMs);
    await settled();
    expect(outcome()).toBeNull();
  });
});

describe("F76 a stopping process", () => {
  test("F76 gives the run back after the grace it names", async () => {
    const { run, clock, outcome } = start(never);
    await settled();
    run.release(300);
    clock.advance(300);
    await settled();
    expect(outcome()).toEqual({ kind: "released" });
  });

  test("F76 shortens the grace of a run that is being canceled, and keeps its outcome", async () => {
    const { run, clock, outcome } = start(never);
    await settled();
    run.cancel();
    run.release(300);
    clock.advance(300);
    await settled();
    expect(outcome()).toEqual({ kind: "canceled" });
  });
});

describe("F66 stray faults", () => {
  test("F66 code of a handler is known as its run's, in what it starts and after it has ended", async () => {
    const seen: (string | undefined)[] = [];
    const { run, attribution } = start(() => {
      seen.push(attribution.currentRun()?.jobId);
      setImmediate(() => void seen.push(attribution.currentRun()?.jobId));
      return "done";
    });
    await run.ended;
    await settled();
    expect(seen).toEqual(["job_1", "job_1"]);
    expect(attribution.currentRun()).toBeUndefined();
  });

  test("F66 a stray fault ends its run as handler_error, and nothing after the end", async () => {
    const { run, clock, attribution, outcome } = start(() => {
      setImmediate(() => attribution.currentRun()?.fail(new Error("in a timer")));
      return never();
    });
    await settled();
    clock.advance(runnerDefaults.abortGraceMs);
    await settled();
    expect(outcome()).toEqual({
      kind: "failed",
      code: "handler_error",
      message: "in a timer",
      retryable: true,
    });
    run.lose();
    await settled();
    expect(outcome()).toMatchObject({ code: "handler_error" });
  });

  test("progress is written as the runner's code, not the handler's", async () => {
    const { run, progressWrittenAs } = start((_input, { progress }) => progress(1));
    await run.ended;
    expect(progressWrittenAs).toEqual([undefined]);
  });
});
