import { availableParallelism } from "node:os";
import { configDefaults, defineConfig } from "vitest/config";
import { LongestFirst } from "./test/run/longest-first.ts";

const timeouts = { testTimeout: 20_000, hookTimeout: 30_000 };
/** These run in both modes, from the same files; what only one mode has lies in a folder of its name. */
const modal = ["test/e2e/**/*.test.ts", "test/chaos/**/*.test.ts"];

/** It takes the place of a module that others have loaded. */
const alone = ["packages/store/src/sqlite/database-thread.test.ts"];

export default defineConfig({
  test: {
    globalSetup: ["test/run/postgres-for-tests.ts"],
    // Most tests wait for processes they started; a worker less than there are cores, the default, leaves cores idle.
    maxWorkers: availableParallelism() + 1,
    // What a file has loaded serves the next one: half of the files would take longer to load than to run.
    isolate: false,
    sequence: { sequencer: LongestFirst },
    execArgv: ["--import", new URL("test/run/quicken-imports.ts", import.meta.url).href],
    projects: [
      {
        test: {
          name: "rooms",
          include: ["apps/*/src/**/*.test.ts", "packages/*/src/**/*.test.ts", "test/**/*.test.ts"],
          exclude: [...configDefaults.exclude, ...modal, ...alone],
          ...timeouts,
        },
      },
      { test: { name: "alone", include: alone, isolate: true, ...timeouts } },
      {
        test: {
          name: "embedded",
          include: modal,
          exclude: [...configDefaults.exclude, "**/scale-out/**"],
          env: { TEST_MODE: "embedded" },
          ...timeouts,
        },
      },
      {
        test: {
          name: "scale-out",
          include: modal,
          exclude: [...configDefaults.exclude, "**/embedded/**"],
          env: { TEST_MODE: "scale-out" },
          ...timeouts,
        },
      },
    ],
  },
});
