// Job kinds that misbehave on purpose, for the chaos suite.
import { existsSync, writeFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { defineJob } from "@ringback/core";
import { z } from "zod";
import { killServerNow } from "./kill-now.ts";

const echo = defineJob({ kind: "chaos.echo", run: (input) => input });

/** Takes its time and says how far it is. */
const work = defineJob({
  kind: "chaos.work",
  input: z.object({ forMs: z.int().min(0).max(60_000) }),
  async run({ forMs }, { signal, progress, runNumber }) {
    progress(50, "half way");
    await pause(forMs, undefined, { signal });
    return { forMs, runNumber };
  },
});

/** Kills the server in its first run: the file tells the second run that there was a first. */
const killsOnce = defineJob({
  kind: "chaos.kills-once",
  input: z.object({ file: z.string() }),
  run({ file }, { runNumber }) {
    if (existsSync(file)) return { runNumber };
    writeFileSync(file, "the first run was here");
    return killServerNow();
  },
});

const killsAlways = defineJob({ kind: "chaos.kills-always", maxRuns: 10, run: () => killServerNow() });

const failsOnce = defineJob({
  kind: "chaos.fails-once",
  maxRuns: 2,
  run(_input, { runNumber }) {
    if (runNumber === 1) throw new Error("the first run fails");
    return { runNumber };
  },
});

const failsAlways = defineJob({
  kind: "chaos.fails-always",
  run() {
    throw new Error("it always fails");
  },
});

export default [echo, work, killsOnce, killsAlways, failsOnce, failsAlways];
