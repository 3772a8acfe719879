// Job kinds for the end-to-end tests: ordinary ones, and one for every way in which a handler can go wrong.
import { setTimeout as pause } from "node:timers/promises";
import { defineJob } from "@ringback/core";
import { z } from "zod";

const echo = defineJob({ kind: "e2e.echo", run: (input) => input });

const checked = defineJob({
  kind: "e2e.checked",
  input: z.strictObject({ count: z.int().min(1), label: z.string().default("none") }),
  run: (input) => input,
});

/** A JSON result of that many characters. */
const large = defineJob({
  kind: "e2e.large",
  input: z.object({ characters: z.int() }),
  run: ({ characters }) => ({ text: "x".repeat(characters) }),
});

const bytes = defineJob({
  kind: "e2e.bytes",
  run: () => ({ contentType: "application/octet-stream", body: new Uint8Array([0, 1, 254, 255]) }),
});

/** Runs until it is told to stop. */
const waits = defineJob({
  kind: "e2e.waits",
  async run(_input, { signal, progress }) {
    progress(10, "waiting");
    await pause(60_000, undefined, { signal });
  },
});

const waitsFor = defineJob({
  kind: "e2e.waits-for",
  input: z.object({ forMs: z.int().max(60_000) }),
  run: ({ forMs }, { signal }) => pause(forMs, null, { signal }),
});

const progresses = defineJob({
  kind: "e2e.progresses",
  async run(_input, { progress }) {
    progress(25, "a quarter");
    await pause(400);
    progress(75, "three quarters");
    await pause(400);
    return "there";
  },
});

/** When it ran, as it saw it itself. */
const timed = defineJob({
  kind: "e2e.timed",
  async run() {
    const begunAt = Date.now();
    await pause(200);
    return { begunAt, endedAt: Date.now() };
  },
});

const failsOnce = defineJob({
  kind: "e2e.fails-once",
  maxRuns: 2,
  run(_input, { runNumber }) {
    if (runNumber === 1) throw new Error("only the first run fails");
    return { runNumber };
  },
});

/** Fails once, and then tells the trace it was given. */
const traceOnceMore = defineJob({
  kind: "e2e.trace-once-more",
  maxRuns: 2,
  run(_input, { runNumber, traceparent }) {
    if (runNumber === 1) throw new Error("only the first run fails");
    return traceparent;
  },
});

const thrown: Readonly<Record<string, () => unknown>> = {
  string: () => "a string was thrown",
  null: () => null,
  undefined: () => undefined,
  frozen: () => Object.freeze({ reason: "frozen" }),
  huge: () => new Error("x".repeat(10_000_000)),
  hostile: () => ({
    get message(): never {
      throw new Error("even reading it throws");
    },
  }),
};

const throws = defineJob({
  kind: "e2e.throws",
  input: z.object({ what: z.string(), later: z.boolean().default(false) }),
  run({ what, later }) {
    const value = thrown[what]?.();
    if (!later) throw value;
    return Promise.reject(value);
  },
});

const never = defineJob({ kind: "e2e.never", runTimeoutMs: 300, run: () => new Promise(() => undefined) });

/** A timer of the handler's own throws while the handler is still waiting. */
const stray = defineJob({
  kind: "e2e.stray",
  async run() {
    setTimeout(() => {
      throw new Error("thrown where nobody listens");
    }, 1);
    await pause(5_000);
  },
});

const strayRejection = defineJob({
  kind: "e2e.stray-rejection",
  async run() {
    void Promise.reject(new Error("rejected where nobody listens"));
    await pause(5_000);
  },
});

const returned: Readonly<Record<string, () => unknown>> = {
  cycle() {
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    return cycle;
  },
  bigint: () => ({ count: 10n }),
  huge: () => "x".repeat(100_000_000),
  function: () => () => "a function",
  hostile: () => ({
    toJSON(): never {
      throw new Error("it cannot be written");
    },
  }),
};

const returns = defineJob({
  kind: "e2e.returns",
  input: z.object({ what: z.string() }),
  run: ({ what }) => returned[what]?.(),
});

export default [
  echo,
  checked,
  large,
  bytes,
  waits,
  waitsFor,
  progresses,
  timed,
  failsOnce,
  traceOnceMore,
  throws,
  never,
  stray,
  strayRejection,
  returns,
];
