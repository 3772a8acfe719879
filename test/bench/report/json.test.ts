import { expect, test } from "vitest";
import { jsonReport } from "./json.ts";
import { run } from "./planted-results.ts";

test("the JSON has every line with its spread, aim and verdict, and the machine", () => {
  const report = JSON.parse(jsonReport(run)) as { figures: readonly object[] };
  expect(report).toMatchObject({ startedAt: "2026-11-24T12:00:00.000Z", seconds: 61, machine: { cores: 2 } });
  expect(report.figures).toHaveLength(run.results.length);
  expect(report.figures[0]).toEqual({
    figure: "a",
    line: "accepted jobs",
    mode: "embedded",
    name: "accepted jobs",
    against: "the same route <without> a store",
    unit: "/s",
    judging: "ratio",
    ours: { median: 8_123, min: 7_000, max: 9_000 },
    bare: { median: 10_000, min: 10_000, max: 10_000 },
    judged: { median: 0.8123, min: 0.7, max: 0.9 },
    aim: { atLeast: 0.85 },
    verdict: "missed",
    busy: { load: 0.5, machine: 0.8, server: 0.976 },
  });
  expect(report.figures[1]).toMatchObject({ mode: "scale-out", problem: "DATABASE_URL is refused" });
});
