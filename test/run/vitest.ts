// All tests, or those whose path matches a filter, in one run of vitest.
import { mkdir, readFile, rm } from "node:fs/promises";
import { runChild } from "./child.ts";
import { countTests, type Counts, type VitestReport } from "./counts.ts";

const timeoutMs = 20 * 60_000;
const reportPath = ".reports/vitest.json";

export async function runVitest(filters: readonly string[]): Promise<Counts> {
  await rm(reportPath, { force: true });
  await mkdir(".reports", { recursive: true });
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${reportPath}`];
  const { code } = await runChild("vitest", ["run", ...reporters, ...filters], { quiet: false, timeoutMs });
  return countTests(await readReport(), code);
}

/** Null when vitest ended before it could write one. */
async function readReport(): Promise<VitestReport | null> {
  const text = await readFile(reportPath, "utf8").catch(() => null);
  return text === null ? null : (JSON.parse(text) as VitestReport);
}
