import { describe, expect, test } from "vitest";
import { noJitter, seededRandom } from "../testing/seeded-random.ts";
import { defaultRetryPolicy, isRetryPolicy, parseRetryAfter, retryAt, type RetryPolicy } from "./backoff.ts";

const now = Date.UTC(2026, 0, 1);
const delays = (policy: RetryPolicy, retries: number): (number | null)[] =>
  Array.from({ length: retries }, (_, index) => {
    const at = retryAt(policy, index + 1, { now, retryAfterMs: null, random: noJitter });
    return at === null ? null : at - now;
  });

describe("the retry schedule", () => {
  test("G7 by default is 10 attempts over about 75 hours", () => {
    const schedule = delays(defaultRetryPolicy, 10);
    expect(schedule).toEqual([
      5_000,
      25_000,
      125_000,
      625_000,
      3_125_000,
      15_625_000,
      78_125_000,
      86_400_000,
      86_400_000,
      null,
    ]);
    const hours = schedule.reduce<number>((sum, delayMs) => sum + (delayMs ?? 0), 0) / 3_600_000;
    expect(hours).toBeGreaterThan(74);
    expect(hours).toBeLessThan(76);
  });

  test("stays within 20 % of the plain delay", () => {
    const random = seededRandom(7);
    for (let round = 0; round < 1_000; round += 1) {
      const at = retryAt(defaultRetryPolicy, 3, { now, retryAfterMs: null, random }) ?? 0;
      expect(at - now).toBeGreaterThanOrEqual(100_000);
      expect(at - now).toBeLessThanOrEqual(150_000);
    }
  });

  test("can be a list with one delay per retry", () => {
    expect(delays([100, 200, 0], 4)).toEqual([100, 200, 0, null]);
    expect(delays([], 1)).toEqual([null]);
  });

  test("F109 Retry-After only moves an attempt later, and is clamped to 1 s … 24 h", () => {
    const askedFor = (retryAfterMs: number): number =>
      (retryAt(defaultRetryPolicy, 1, { now, retryAfterMs, random: noJitter }) ?? 0) - now;
    expect(askedFor(0)).toBe(5_000);
    expect(askedFor(4_000)).toBe(5_000);
    expect(askedFor(60_000)).toBe(60_000);
    expect(askedFor(1e12)).toBe(86_400_000);
    const soon = retryAt([0], 1, { now, retryAfterMs: 0, random: noJitter });
    expect(soon).toBe(now + 1_000);
  });
});

describe("Retry-After", () => {
  test("is seconds or an HTTP date", () => {
    expect(parseRetryAfter("120", now)).toBe(120_000);
    expect(parseRetryAfter("Thu, 01 Jan 2026 00:01:00 GMT", now)).toBe(60_000);
    expect(parseRetryAfter("Thursday, 01-Jan-26 00:01:00 GMT", now)).toBe(60_000);
  });

  test("F109 in the past, negative or garbage never makes a busy loop", () => {
    expect(parseRetryAfter("Wed, 31 Dec 2025 00:00:00 GMT", now)).toBe(0);
    expect(parseRetryAfter("-1", now)).toBe(0);
    for (const garbage of ["", "soon", "1.5", "1e9", "2026-01-02", "0x10", undefined]) {
      expect(parseRetryAfter(garbage, now), String(garbage)).toBeNull();
    }
  });
});

describe("a stored policy", () => {
  test.each([[defaultRetryPolicy], [[]], [[0, 1_000]]])("that can be followed is one: %j", (policy) => {
    expect(isRetryPolicy(policy)).toBe(true);
  });

  test.each([
    ["text"],
    [null],
    [{}],
    [[null]],
    [[-1]],
    [[Number.NaN]],
    [{ ...defaultRetryPolicy, factor: "5" }],
  ])("that is damaged is none: %j", (damaged) => {
    expect(isRetryPolicy(damaged)).toBe(false);
  });
});
