import { describe, expect, test } from "vitest";
import { both, type Line } from "./line.ts";
import { judge } from "./judge.ts";

const line = (over: Partial<Line>): Line => ({
  name: "x",
  against: "y",
  unit: "/s",
  judging: "ratio",
  aim: both(null),
  ...over,
});

describe("a line is judged", () => {
  test("by the median of its rounds' ratios, not by the ratio of the medians", () => {
    const rounds = [
      { ours: 10, bare: 10 },
      { ours: 80, bare: 100 },
      { ours: 50, bare: 1_000 },
    ];
    const judged = judge(line({}), rounds, "embedded");
    expect(judged.judged).toEqual({ median: 0.8, min: 0.05, max: 1 });
    expect(judged.ours.median).toBe(50);
    expect(judged.bare?.median).toBe(100);
  });

  test("as percent more or less than what it is compared with", () => {
    const rounds = [{ ours: 110, bare: 100 }];
    expect(judge(line({ judging: "more" }), rounds, "embedded").judged.median).toBeCloseTo(10);
    expect(judge(line({ judging: "less" }), rounds, "embedded").judged.median).toBeCloseTo(-10);
  });

  test("by itself when it is compared with nothing", () => {
    const judged = judge(line({ judging: "value", against: null }), [{ ours: 7, bare: null }], "embedded");
    expect(judged).toMatchObject({ bare: null, judged: { median: 7 }, verdict: "no aim" });
  });

  test("by the aim of its mode, whose bound is met by `atLeast` and missed by `below`", () => {
    const aim = { embedded: { atLeast: 0.6 }, "scale-out": { atLeast: 0.5 } };
    const rounds = [{ ours: 0.5, bare: 1 }];
    expect(judge(line({ aim }), rounds, "embedded").verdict).toBe("missed");
    expect(judge(line({ aim }), rounds, "scale-out").verdict).toBe("met");
    const below = line({ judging: "value", against: null, aim: both({ below: 50 }) });
    expect(judge(below, [{ ours: 50, bare: null }], "embedded").verdict).toBe("missed");
    expect(judge(below, [{ ours: 49.9, bare: null }], "embedded").verdict).toBe("met");
  });

  test("not at all without rounds, or with nothing to be compared with", () => {
    expect(() => judge(line({}), [], "embedded")).toThrow(RangeError);
    expect(() => judge(line({}), [{ ours: 1, bare: null }], "embedded")).toThrow(RangeError);
    expect(() => judge(line({}), [{ ours: 1, bare: 0 }], "embedded")).toThrow(RangeError);
  });

  test("by itself, with what stands beside it told", () => {
    const judged = judge(line({ judging: "value" }), [{ ours: 10, bare: 40 }], "embedded");
    expect([judged.judged.median, judged.bare?.median]).toEqual([10, 40]);
    const alone = judge(line({ judging: "value", against: null }), [{ ours: 10, bare: null }], "embedded");
    expect(alone.bare).toBeNull();
  });
});
