import { defineConfig } from "vitest/config";

const timeouts = { testTimeout: 20_000, hookTimeout: 30_000 };
/** These run in both modes, from the same files; what only one mode has lies in a folder of its name. */
const modal = ["test/e2e/**/*.test.ts", "test/chaos/**/*.test.ts"];

export default defineConfig({
  test: {
    globalSetup: ["test/run/postgres-for-tests.ts"],
    projects: [
      {
        test: {
          name: "rooms",
          include: ["apps/*/src/**/*.test.ts", "packages/*/src/**/*.test.ts", "test/**/*.test.ts"],
          exclude: modal,
          ...timeouts,
        },
      },
      {
        test: {
          name: "embedded",
          include: modal,
          exclude: ["**/scale-out/**"],
          env: { TEST_MODE: "embedded" },
          ...timeouts,
        },
      },
      {
        test: {
          name: "scale-out",
          include: modal,
          exclude: ["**/embedded/**"],
          env: { TEST_MODE: "scale-out" },
          ...timeouts,
        },
      },
    ],
  },
});
