// Results as figures leave them, for the tests of the report: one of each kind that it has to spell.
import { both, type Line } from "../line.ts";
import { judge } from "../judge.ts";
import type { Result } from "../run-figures.ts";
import type { Run } from "./json.ts";

const ratio: Line = {
  name: "accepted jobs",
  against: "the same route <without> a store",
  unit: "/s",
  judging: "ratio",
  aim: both({ atLeast: 0.85 }),
};
const value: Line = { name: "p95", against: null, unit: "ms", judging: "value", aim: both({ below: 50 }) };
const shift: Line = {
  name: "shift",
  against: "without it",
  unit: "ms",
  judging: "more",
  aim: both({ below: 10 }),
};
const free: Line = { name: "heap", against: null, unit: "MB", judging: "value", aim: both(null) };

export const results: readonly Result[] = [
  result("a", ratio, {
    outcome: judge(
      ratio,
      [
        { ours: 7_000, bare: 10_000 },
        { ours: 9_000, bare: 10_000 },
        { ours: 8_123, bare: 10_000 },
      ],
      "embedded",
    ),
    busy: { load: 0.5, machine: 0.8, server: 0.976 },
  }),
  result("a", ratio, { mode: "scale-out", outcome: { problem: "DATABASE_URL is refused" } }),
  result("e", value, {
    outcome: judge(value, [{ ours: 12.34, bare: null }], "embedded"),
    busy: { machine: 1 },
  }),
  result("f", shift, { outcome: judge(shift, [{ ours: 22, bare: 20 }], "embedded") }),
  result("h", free, { outcome: judge(free, [{ ours: 70.4, bare: null }], "embedded") }),
];

function result(letter: string, line: Line, over: Pick<Result, "outcome"> & Partial<Result>): Result {
  return { letter, key: line.name, line, mode: "embedded", busy: {}, ...over };
}

export const run: Run = {
  startedAt: new Date(Date.UTC(2026, 10, 24, 12)),
  seconds: 61.4,
  size: "full",
  machine: { cpu: "A & B", cores: 2, memoryBytes: 2 ** 33, node: "v24.0.0", platform: "linux-x64" },
  results,
};
