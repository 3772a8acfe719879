import { describe, expect, test } from "vitest";
import { fileProblems } from "./file-problems.ts";

describe("what is wrong with a file", () => {
  test.for([
    ["a path of one machine", "packages/core/src/a.ts", `const path = "/home/somebody/ringback";`],
    ["a path of one machine", "README.md", "Look into /mnt/ringback."],
    ["a package registry by name", ".ci/run", "npm config set registry https://registry.example.com"],
    ["a test that is skipped or alone", "test/e2e/a.test.ts", `test.skip("a", () => {});`],
    ["has 401 lines", "packages/core/src/a.ts", "a();\n".repeat(401)],
    ["is not kebab-case", "packages/core/src/someFile.ts", ""],
    ["is not kebab-case", "packages/core/SomeFolder/a.ts", ""],
  ] as const)("%s is noticed in %s", ([problem, path, text]) => {
    expect(fileProblems(path, text)).toEqual([expect.stringContaining(problem)]);
  });

  test.for([
    [
      "packages/core/src/job/after-run.test.ts",
      `const url = "https://example.com/home/1"; const at = "a/home/b";`,
    ],
    ["packages/core/README.md", "# core\n"],
    ["drizzle/sqlite/0000_first_tables.sql", "create table jobs (id text);\n"],
    ["drizzle/sqlite/meta/0000_snapshot.json", "{}\n"],
    [".dependency-cruiser.mjs", ""],
    [".ci/run", "npm test\n"],
    ["packages/core/src/a.ts", "a();\n".repeat(400)],
    ["pnpm-lock.yaml", "a: 1\n".repeat(4_000)],
  ] as const)("nothing is noticed in %s", ([path, text]) => {
    expect(fileProblems(path, text)).toEqual([]);
  });
});
