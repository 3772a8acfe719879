// `npm run bench`: measures the figures in both modes, prints a table, and leaves it as JSON and as a picture in .reports.
import { mkdirSync, writeFileSync } from "node:fs";
import { readArguments, type Asked } from "./arguments.ts";
import { createClosing } from "./closing.ts";
import { figures } from "./figures.ts";
import { embedded } from "./house/embedded.ts";
import { scaleOut } from "./house/scale-out.ts";
import { chart } from "./report/chart.ts";
import { jsonReport, thisMachine, type Run } from "./report/json.ts";
import { table } from "./report/table.ts";
import { runFigures } from "./run-figures.ts";

const refusedExitCode = 2;
const reports = new URL("../../.reports/", import.meta.url);

const read = readArguments(
  process.argv.slice(2),
  figures.map(({ letter }) => letter),
);
if (read.kind === "help") console.log(help());
else if (read.kind === "refused") {
  console.error(`${read.problem}\n\n${help()}`);
  process.exitCode = refusedExitCode;
} else process.exit(await bench(read.asked));

/** The exit code: 1 when something could not be measured. An aim that is missed is a finding, not a failure. */
async function bench({ letters, modes, isQuick }: Asked): Promise<number> {
  const closing = createClosing();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => void closing.close().finally(() => process.exit(130)));
  }
  const startedAt = new Date();
  const size = isQuick ? "quick" : "full";
  const known = [embedded, scaleOut(closing)];
  const results = await runFigures({
    figures: figures.filter(({ letter }) => letters.includes(letter)),
    modes: known.filter(({ name }) => modes.includes(name)),
    size,
    closing,
    progress: (text) => void process.stderr.write(text),
  });
  await closing.close();
  const seconds = (Date.now() - startedAt.getTime()) / 1_000;
  const run: Run = { startedAt, seconds, size, machine: thisMachine(), results };
  mkdirSync(reports, { recursive: true });
  writeFileSync(new URL("bench.json", reports), jsonReport(run));
  writeFileSync(new URL("bench.svg", reports), chart(run));
  const note = isQuick ? "Small counts: it works, but these numbers are not to be judged by.\n" : "";
  console.log(`\n${note}${table(results)}\n\nWritten: .reports/bench.json, .reports/bench.svg`);
  return results.some(({ outcome }) => "problem" in outcome) ? 1 : 0;
}

function help(): string {
  const names = figures.map(({ letter, lines }) => {
    const named = Object.values(lines).map(({ name }) => name);
    return `  ${letter}  ${named.join("; ")}`;
  });
  return [
    "npm run bench -- [figure …] [--mode embedded|scale-out] [--quick]",
    "",
    "Without figures all are measured, without --mode both modes, in about fifteen minutes; --quick takes about two.",
    "",
    ...names,
  ].join("\n");
}
