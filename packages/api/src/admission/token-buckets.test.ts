import { describe, expect, test } from "vitest";
import { createTokenBuckets } from "./token-buckets.ts";

function setUp(bucketsMax = 100) {
  let nowMs = 0;
  const buckets = createTokenBuckets(() => nowMs, bucketsMax);
  const takeAll = (name: string, perMinute: number): number => {
    let count = 0;
    while (buckets.take(name, perMinute).ok) count += 1;
    return count;
  };
  return { ...buckets, takeAll, pass: (ms: number) => void (nowMs += ms) };
}

describe("a bucket", () => {
  test("holds a minute's worth, and says what is left and when there is more", () => {
    const { take } = setUp();
    expect(take("a", 3)).toEqual({ ok: true, left: 2, nextInSeconds: 20 });
    expect(take("a", 3)).toEqual({ ok: true, left: 1, nextInSeconds: 20 });
    expect(take("a", 3)).toEqual({ ok: true, left: 0, nextInSeconds: 20 });
    expect(take("a", 3)).toEqual({ ok: false, left: 0, nextInSeconds: 20 });
  });

  test("fills as time passes, and never above what it holds", () => {
    const { take, takeAll, pass } = setUp();
    expect(takeAll("a", 60)).toBe(60);
    pass(999);
    expect(take("a", 60)).toEqual({ ok: false, left: 0, nextInSeconds: 1 });
    pass(1);
    expect(take("a", 60).ok).toBe(true);
    pass(10_000);
    expect(takeAll("a", 60)).toBe(10);
    pass(3_600_000);
    expect(takeAll("a", 60)).toBe(60);
  });

  test("over any minute no more passes than a burst and a minute's worth", () => {
    const { takeAll, pass } = setUp();
    let passed = 0;
    for (let ms = 0; ms < 60_000; ms += 137) {
      passed += takeAll("a", 30);
      pass(137);
    }
    expect(passed).toBeLessThanOrEqual(60);
    expect(passed).toBeGreaterThanOrEqual(59);
  });

  test("F24 is one's own", () => {
    const { take, takeAll } = setUp();
    takeAll("a", 10);
    expect(take("b", 10).left).toBe(9);
  });

  test("is looked at without being emptied", () => {
    const { look } = setUp();
    for (let at = 0; at < 5; at += 1) expect(look("a", 2)).toMatchObject({ ok: true, left: 2 });
  });

  test("of the name that was not used for the longest is forgotten first", () => {
    const { take } = setUp(2);
    take("a", 10);
    take("b", 10);
    take("a", 10);
    take("c", 10);
    expect(take("a", 10).left).toBe(7);
    expect(take("b", 10).left).toBe(9);
  });
});
