// The checks that run no code of the house: turbo runs them, two at a time, and each counts as one.
import { readdir, readFile, rm } from "node:fs/promises";
import { runChild } from "./child.ts";
import type { Counts } from "./counts.ts";

/** The root's scripts (package.json), the quick ones first, and what each holds. */
const checks: Readonly<Record<string, string>> = {
  formatted: "every file is formatted",
  types: "every type holds",
  lint: "no floating promise, no ambient time, no unused word",
  borders: "every import stays within its room",
  "dead-code": "nothing is left that nobody uses",
};

const timeoutMs = 5 * 60_000;
const runsFolder = ".turbo/runs";

export async function runStaticChecks(): Promise<Counts> {
  await rm(runsFolder, { recursive: true, force: true });
  const turbo = await runChild(
    "turbo",
    [
      "run",
      ...Object.keys(checks),
      "--continue=always",
      "--concurrency=2",
      "--output-logs=errors-only",
      "--ui=stream",
      process.stdout.isTTY ? "--color" : "--no-color",
      "--summarize",
    ],
    {
      quiet: true,
      timeoutMs,
      env: { TURBO_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1", TURBO_NO_UPDATE_NOTIFIER: "1" },
    },
  );
  const exitCodes = await readExitCodes();
  let failed = 0;
  for (const [name, meaning] of Object.entries(checks)) {
    const isPassed = exitCodes.get(name) === 0;
    if (!isPassed) failed += 1;
    process.stdout.write(`${isPassed ? "✓" : "✗"} ${name.padEnd(10)} ${meaning}\n`);
    if (!isPassed) process.stdout.write(section(name, await readLog(name, turbo.output)));
  }
  return { passed: Object.keys(checks).length - failed, failed, skipped: 0 };
}

/** From turbo's summary of the run; a check that is missing there has not run. */
async function readExitCodes(): Promise<ReadonlyMap<string, number>> {
  const names = await readdir(runsFolder).catch(() => []);
  const [summaryName] = names;
  if (summaryName === undefined) return new Map();
  const summary = JSON.parse(await readFile(`${runsFolder}/${summaryName}`, "utf8")) as {
    readonly tasks: readonly {
      readonly taskId: string;
      readonly execution?: { readonly exitCode: number };
    }[];
  };
  return new Map(
    summary.tasks.map(({ taskId, execution }) => [taskId.replace("//#", ""), execution?.exitCode ?? 1]),
  );
}

/** What the check said; without a log, what turbo said about it. */
async function readLog(name: string, fallback: string): Promise<string> {
  return readFile(`.turbo/turbo-${name}.log`, "utf8").catch(() => fallback);
}

function section(name: string, text: string): string {
  const rule = "─".repeat(Math.max(3, 100 - name.length));
  return `\n── ${name} ${rule}\n${text.trimEnd()}\n\n`;
}
