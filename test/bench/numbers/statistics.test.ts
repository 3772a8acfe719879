import { describe, expect, test } from "vitest";
import { percentile, spreadOf } from "./statistics.ts";

describe("a spread", () => {
  test("is the value in the middle, the smallest and the largest, in whatever order they came", () => {
    expect(spreadOf([9, 1, 5])).toEqual({ median: 5, min: 1, max: 9 });
    expect(spreadOf([4, 1, 3, 2])).toEqual({ median: 2.5, min: 1, max: 4 });
    expect(spreadOf([7])).toEqual({ median: 7, min: 7, max: 7 });
  });

  test("of nothing is refused", () => {
    expect(() => spreadOf([])).toThrow(RangeError);
  });
});

describe("a percentile", () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);

  test("is a value that was measured, with at most the rest above it", () => {
    expect(percentile(hundred, 50)).toBe(50);
    expect(percentile(hundred, 95)).toBe(95);
    expect(percentile(hundred, 99)).toBe(99);
    expect(percentile(hundred, 100)).toBe(100);
    expect(percentile([3, 1, 2], 95)).toBe(3);
    expect(percentile([3], 0)).toBe(3);
  });

  test("of nothing is refused", () => {
    expect(() => percentile([], 50)).toThrow(RangeError);
  });
});
