// The process of an isolate: loads the handlers modules and calls one handler at a time, as the server tells it.
import { writeFileSync } from "node:fs";
import { setPriority } from "node:os";
import { Worker } from "node:worker_threads";
import { createKinds } from "@ringback/core";
import { createSeat, type IsolateReport } from "@ringback/runner/seat";
import { loadHandlers } from "../load-handlers.ts";
import { systemClock } from "../system.ts";
import { readIsolateStart } from "./isolate-start.ts";

/** Where the watch thread's last word goes; the server reads it. */
const lastWordFd = 4;
/** About a third of the processor's time while the server wants it, and all of it otherwise. */
const niceness = 5;

const start = readIsolateStart(process.argv[2]);
const { serverPid, memoryMb, resultBytesMax } = start;
standBack();
watch();
const send = takeChannel();
const loaded = await loadHandlers(start.handlers);
if (loaded.problems.length > 0) {
  send({ ringback: "not_ready", problem: loaded.problems.join("; ") }, () => process.exit(1));
} else {
  const kinds = createKinds(loaded.definitions);
  const seat = createSeat({ kinds, resultBytesMax, clock: systemClock(), send });
  const onFault = (thrown: unknown): void => seat.fault(thrown, () => process.exit(1));
  process.on("uncaughtException", onFault);
  process.on("unhandledRejection", onFault);
  process.on("message", (heard) => seat.receive(heard));
  send({ ringback: "ready" });
}

/** The server comes first: for the processor, and when the system looks for a process to end because memory is short. */
function standBack(): void {
  process.title = "ringback isolate";
  try {
    setPriority(niceness);
    writeFileSync("/proc/self/oom_score_adj", "500");
  } catch {
    // Not every system has or allows this; it is a courtesy.
  }
}

/** A signal meant for the service reaches isolates, too; the server drains, and ends them then. */
function watch(): void {
  process.on("SIGTERM", () => undefined);
  process.on("SIGINT", () => undefined);
  process.on("disconnect", () => process.kill(-process.pid, "SIGKILL"));
  const thread = new Worker(new URL("../../isolate-watch.mjs", import.meta.url), {
    workerData: { serverPid, memoryMb, lastWordFd },
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 },
  });
  thread.unref();
}

/** Taken away from the process, since libraries that find `process.send` believe that a supervisor of theirs is listening. */
function takeChannel(): (report: IsolateReport, sent?: () => void) => void {
  const channel = process.send?.bind(process);
  delete process.send;
  return (report, sent) => void channel?.(report, undefined, undefined, sent ?? (() => undefined));
}
