import { describe, expect, test } from "vitest";
import { results } from "./planted-results.ts";
import { table } from "./table.ts";

describe("the table", () => {
  const lines = table(results).split("\n");
  const lineOf = (name: string, mode = "embedded"): string =>
    lines.find((line) => line.includes(name) && line.includes(mode)) ?? "";

  test("shows what was measured, what it is compared with, how it is judged, the aim and the verdict", () => {
    expect(lineOf("accepted jobs").split(/ {2,}/)).toEqual([
      "(a)",
      "accepted jobs",
      "embedded",
      "8,123/s",
      "the same route <without> a store",
      "10,000/s",
      "0.81 (0.70 … 0.90)",
      "≥ 0.85",
      "missed",
    ]);
    expect(lineOf("shift")).toMatch(/22\.0 ms {2}without it .* 20\.0 ms {2}10\.0 % .* < 10 % +missed$/);
    expect(lineOf("p95")).toMatch(/12\.3 ms .* < 50 ms {2}met$/);
    expect(lineOf("heap")).toMatch(/ 70 MB$/);
  });

  test("has its columns one under the other", () => {
    const starts = lines.slice(0, 6).map((line) => line.search(/mode|embedded|scale-out/));
    expect(new Set(starts).size).toBe(1);
  });

  test("says what could not be measured, and why", () => {
    expect(lineOf("accepted jobs", "scale-out")).toMatch(/not measured$/);
    expect(lines).toContain("(a) scale-out was not measured: DATABASE_URL is refused");
  });

  test("says who was busy, the busiest first and the machine last", () => {
    expect(lines).toContain("  (a) embedded   server 98 %, load 50 %, machine 80 %");
    expect(lines.at(-1)).toBe("  (e) embedded   machine 100 %");
  });
});
