// Job kinds that do to their process what a handler should not, for the tests of isolation.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { defineJob } from "@ringback/core";
import { z } from "zod";

const echo = defineJob({ kind: "isolate.echo", run: (input) => input });

const forever = (): never => {
  for (;;);
};

/** Says which process it is, and then never lets go of its thread. */
const blocks = defineJob({
  kind: "isolate.blocks",
  async run(_input, { progress }) {
    progress(1, String(process.pid));
    // One turn of the event loop, so that the progress is on its way.
    await new Promise((resolve) => void setImmediate(resolve));
    forever();
  },
});

/** Runs until the file is there. */
const waits = defineJob({
  kind: "isolate.waits",
  input: z.object({ file: z.string() }),
  async run({ file }, { signal, progress }) {
    progress(1, String(process.pid));
    while (!existsSync(file)) await pause(20, undefined, { signal });
    return "waited";
  },
});

const hogs: Readonly<Record<string, () => unknown>> = {
  objects() {
    const kept: unknown[] = [];
    for (;;) kept.push({ numbers: [1, 2, 3] });
  },
  array() {
    const kept: number[] = [];
    for (;;) kept.push(kept.length / 3);
  },
  map() {
    const kept = new Map<number, number>();
    for (let at = 0; ; at += 1) kept.set(at, at);
  },
  buffers() {
    const kept: Buffer[] = [];
    for (;;) kept.push(Buffer.alloc(1_000_000, 1));
  },
  async slowly() {
    const kept: unknown[] = [];
    for (;;) {
      for (let at = 0; at < 100_000; at += 1) kept.push({ at });
      await new Promise((resolve) => void setImmediate(resolve));
    }
  },
};

const hog = defineJob({
  kind: "isolate.hog",
  input: z.object({ what: z.string() }),
  run: ({ what }) => hogs[what]?.(),
});

const ends: Readonly<Record<string, () => unknown>> = {
  exit: () => process.exit(3),
  abort: () => process.abort(),
  segfault: () => process.kill(process.pid, "SIGSEGV") && forever(),
  kill: () => process.kill(process.pid, "SIGKILL") && forever(),
  disconnect: () => {
    process.disconnect();
    return new Promise(() => undefined);
  },
};

/** Ends its process, always or only in its first run. */
const dies = defineJob({
  kind: "isolate.dies",
  input: z.object({ how: z.string(), always: z.boolean().default(false) }),
  async run({ how, always }, { runNumber }) {
    if (always || runNumber === 1) await ends[how]?.();
    return { runNumber };
  },
});

/** Returns, and leaves a timer behind that blocks the thread it ran on. */
const leavesTrouble = defineJob({
  kind: "isolate.leaves-trouble",
  run() {
    setTimeout(forever, 0);
    return "returned";
  },
});

const throwsLater = defineJob({
  kind: "isolate.throws-later",
  run() {
    setTimeout(() => {
      throw new Error("after the end");
    }, 0);
    return process.pid;
  },
});

/** Starts a process of its own, says which, and never settles. */
const starts = defineJob({
  kind: "isolate.starts",
  async run(_input, { progress }) {
    const child = spawn("sleep", ["600"], { stdio: "ignore" });
    await once(child, "spawn");
    progress(1, String(child.pid));
    await new Promise(() => undefined);
  },
});

/** What of the server's own settings a handler can read. */
const environment = defineJob({
  kind: "isolate.environment",
  run: () => Object.keys(process.env).filter((name) => name.startsWith("RINGBACK_")),
});

const chatters = defineJob({
  kind: "isolate.chatters",
  run(_input, { log, progress }) {
    for (let at = 0; at < 100_000; at += 1) {
      log.info("chatter", { at });
      progress(at / 1_000);
    }
    return "said it all";
  },
});

const number = defineJob({ kind: "isolate.pid", run: () => process.pid });

export default [
  echo,
  blocks,
  waits,
  hog,
  dies,
  leavesTrouble,
  throwsLater,
  starts,
  environment,
  chatters,
  number,
];
