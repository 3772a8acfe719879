import { expect, test } from "vitest";
import { retryAfterSeconds } from "./retry-after.ts";

test.each([
  [0, null, "1"],
  [9_999, null, "1"],
  [10_000, null, "2"],
  [60_000, null, "5"],
  [300_000, null, "10"],
  [86_400_000, null, "10"],
  [0, 60_000, "10"],
  [0, 8_000, "5"],
  [100_000, 99_000, "1"],
])("a job of %d ms that is to run at %s is asked for again in %s s", (now, runAt, seconds) => {
  expect(retryAfterSeconds({ createdAt: 0, runAt }, now)).toBe(seconds);
});

test("a clock that has gone back does not make it wait", () => {
  expect(retryAfterSeconds({ createdAt: 5_000, runAt: null }, 0)).toBe("1");
});
