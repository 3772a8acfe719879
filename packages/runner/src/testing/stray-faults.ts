// A process of its own in which handlers fault outside their promises; it prints what became of each run as JSON.
import { EventEmitter } from "node:events";
import { createReadStream } from "node:fs";
import type { RunContext } from "@ringback/core";
import { createManualClock } from "./manual-clock.ts";
import { createRunnerFixture } from "./runner-fixture.ts";
import { pass, until } from "./until.ts";

const never = (): Promise<never> => new Promise(() => undefined);

const faults: Readonly<Record<string, (context: RunContext) => unknown>> = {
  "throws in a timer": () => {
    setTimeout(() => {
      throw new Error("in a timer");
    }, 1);
    return never();
  },
  "drops a rejection": () => {
    void Promise.reject(new Error("dropped"));
    return never();
  },
  "drops a rejection later": async () => {
    await Promise.resolve();
    void (async () => {
      await Promise.resolve();
      throw "dropped later";
    })();
    return never();
  },
  "emits an error nobody listens to": () => {
    setImmediate(() => new EventEmitter().emit("error", new Error("emitted")));
    return never();
  },
  "opens a file that is not there": () => {
    createReadStream("/nowhere/at/all");
    return never();
  },
  "throws in a microtask": () => {
    queueMicrotask(() => {
      throw new Error("in a microtask");
    });
    return never();
  },
  "throws when it is aborted": ({ signal }) => {
    signal.addEventListener("abort", () => {
      throw new Error("while stopping");
    });
    return never();
  },
  "throws after it has returned": () => {
    setTimeout(() => {
      throw new Error("afterwards");
    }, 5);
    return "returned";
  },
  "does its work": () => "worked",
};

const clock = createManualClock();
const { runner, store } = createRunnerFixture({
  clock,
  run: (input, context) => faults[String(input)]?.(context),
});
const seen: { readonly jobId: string | null; readonly thrown: string }[] = [];
function onFault(thrown: unknown): void {
  const run = runner.currentRun();
  seen.push({ jobId: run?.jobId ?? null, thrown: String(thrown) });
  run?.fail(thrown);
}
process.on("uncaughtException", onFault);
process.on("unhandledRejection", onFault);

const names = Object.keys(faults);
for (const name of names) store.addJob(name, { input: JSON.stringify(name) });
const working = setInterval(() => undefined, 1_000);
await runner.start();
await new Promise<void>((resolve) => {
  const look = setInterval(() => {
    if (seen.length < names.length - 2) return;
    clearInterval(look);
    resolve();
  }, 1);
});
store.jobs.get("throws when it is aborted")!.cancelRequested = true;
await pass(clock, 20_000);
await until("every run has ended", () => runner.signals.running === 0);
void Promise.reject(new Error("of nobody"));
await until("it was seen", () => seen.some((fault) => fault.jobId === null));
clearInterval(working);
process.stdout.write(
  JSON.stringify({
    seen,
    outcomes: Object.fromEntries([...store.jobs].map(([id, job]) => [id, job.outcomes])),
  }),
);
process.exit(0);
