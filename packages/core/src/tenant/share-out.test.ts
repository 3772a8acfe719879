import { expect, test } from "vitest";
import { shareOut } from "./share-out.ts";

test.each([
  [20, [20], [20]],
  [20, [20, 20], [10, 10]],
  [5, [9, 9, 9, 9], [2, 1, 1, 1]],
  [2, [9, 9, 9], [1, 1, 0]],
  [20, [1, 20, 3], [1, 16, 3]],
  [20, [1, 2], [1, 2]],
  [0, [5], [0]],
  [5, [], []],
  [3, [0, 5], [0, 3]],
])("%i slots for tenants that may take %j are shared as %j", (slots, most, shares) => {
  expect(shareOut(slots, most)).toEqual(shares);
});

test("a tenant with much work leaves each other one its even share, whatever the numbers", () => {
  for (let slots = 1; slots <= 40; slots += 1) {
    for (let tenants = 1; tenants <= 12; tenants += 1) {
      const shares = shareOut(slots, [10_000, ...Array.from({ length: tenants - 1 }, () => 2)]);
      expect(shares.reduce((sum, share) => sum + share, 0)).toBe(slots);
      const [, ...others] = shares;
      for (const [at, share] of others.entries()) {
        expect(share).toBeGreaterThanOrEqual(
          Math.min(2, Math.floor((slots - at - 1 + tenants - 1) / tenants)),
        );
      }
    }
  }
});
