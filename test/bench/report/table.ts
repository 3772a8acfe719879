// The report as a table for a terminal.
import type { Result } from "../run-figures.ts";
import { aimText, busyText, judgedSpread, measured } from "./format.ts";

/** Lines without a trailing newline. */
export function table(results: readonly Result[]): string {
  const head = ["", "figure", "mode", "Ringback", "against", "bare", "judged (min … max)", "aim", ""];
  const rows = [head, ...results.map(cells)];
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const alignRight = new Set([3, 5]);
  const lines = rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return alignRight.has(column) ? cell.padStart(width) : cell.padEnd(width);
      })
      .join("  ")
      .trimEnd(),
  );
  return [
    ...lines,
    "",
    ...problems(results),
    "Busy, as shares of one core (machine: of all cores):",
    ...busy(results),
  ].join("\n");
}

function cells({ letter, line, mode, outcome }: Result): string[] {
  const begin = [`(${letter})`, line.name, mode];
  if ("problem" in outcome) return [...begin, "", line.against ?? "", "", "not measured", "", ""];
  const { ours, bare, judged, aim, verdict } = outcome;
  return [
    ...begin,
    measured(ours.median, line.unit),
    line.against ?? "",
    bare === null ? "" : measured(bare.median, line.unit),
    line.judging === "value" && judged.min === judged.max ? "" : judgedSpread(judged, line),
    aimText(aim, line),
    verdict === "no aim" ? "" : verdict,
  ];
}

/** One line per figure and mode, since its lines were measured together. */
function once(results: readonly Result[]): Result[] {
  return results.filter(
    ({ letter, mode }, at) =>
      results.findIndex((other) => other.letter === letter && other.mode === mode) === at,
  );
}

function busy(results: readonly Result[]): string[] {
  return once(results)
    .filter((result) => Object.keys(result.busy).length > 0)
    .map(({ letter, mode, busy }) => `  (${letter}) ${mode.padEnd(9)}  ${busyText(busy)}`);
}

function problems(results: readonly Result[]): string[] {
  const found = once(results).flatMap(({ letter, mode, outcome }) =>
    "problem" in outcome ? [`(${letter}) ${mode} was not measured: ${outcome.problem}`] : [],
  );
  return found.length === 0 ? [] : [...found, ""];
}
