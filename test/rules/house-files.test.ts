import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { fileProblems } from "./file-problems.ts";

const root = resolve(import.meta.dirname, "../..");

/** What is in the repository or about to be: tracked or new, not ignored, not deleted. */
const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: root,
  encoding: "utf8",
})
  .split("\n")
  .filter((path) => path !== "" && existsSync(join(root, path)));

const topFolders = [".ci", "apps", "drizzle", "packages", "test"];

describe("the files of the house", () => {
  test("there are files to look at", () => {
    expect(files.length).toBeGreaterThan(50);
    expect(files).toContain("test/rules/house-files.test.ts");
  });

  test("no file names a machine's path or a registry, narrows its tests, or is too long or misnamed", () => {
    const problems = files.flatMap((path) => fileProblems(path, readFileSync(join(root, path), "utf8")));
    expect(problems).toEqual([]);
  });

  test("every room and app says in a README what it decides", () => {
    const rooms = new Set(
      files
        .filter((path) => /^(apps|packages)\//.test(path))
        .map((path) => path.split("/").slice(0, 2).join("/")),
    );
    expect(rooms.size).toBeGreaterThanOrEqual(7);
    expect([...rooms].filter((room) => !files.includes(`${room}/README.md`))).toEqual([]);
  });

  test("beside the known folders the root holds only single files", () => {
    const folders = new Set(files.filter((path) => path.includes("/")).map((path) => path.split("/")[0]));
    expect([...folders].filter((folder) => !topFolders.includes(folder ?? ""))).toEqual([]);
  });
});
