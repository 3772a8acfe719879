import { expect, test } from "vitest";
import { expiryOf, lifeOf } from "./retention.ts";

const at = 1_000_000;
const tombstoneMs = 500;

test("a job is kept until it expires, then known as a tombstone, then forgotten, to the millisecond", () => {
  const job = { expiresAt: expiryOf(at, 100), erasedAt: null };
  const lives = [at, at + 99, at + 100, at + 599, at + 600].map((now) => lifeOf(job, now, tombstoneMs));
  expect(lives).toEqual(["kept", "kept", "expired", "expired", "forgotten"]);
});

test("a job that is not done is kept, and one that was erased is expired, whatever this clock says", () => {
  expect(lifeOf({ expiresAt: null, erasedAt: null }, at * 1_000, tombstoneMs)).toBe("kept");
  expect(lifeOf({ expiresAt: at + 5, erasedAt: at }, at, tombstoneMs)).toBe("expired");
});
