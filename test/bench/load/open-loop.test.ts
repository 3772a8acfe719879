import { describe, expect, test } from "vitest";
import { openLoop } from "./open-loop.ts";

describe("an open loop", () => {
  test("sends as often as the schedule says, each for its own instant, whether or not the earlier ones are answered", async () => {
    const intended: number[] = [];
    const all = Promise.withResolvers<void>();
    const loop = openLoop({
      perSecond: 2_000,
      forMs: 25,
      send: async (n, intendedMs) => {
        intended.push(intendedMs);
        if (n === 49) all.resolve();
        await all.promise;
      },
    });
    await loop;
    expect(intended).toHaveLength(50);
    const [first = 0] = intended;
    intended.forEach((at, n) => expect(at - first).toBeCloseTo(n / 2, 6));
  });

  test("does not move the schedule when it is held up", async () => {
    const intended: number[] = [];
    await openLoop({
      perSecond: 1_000,
      forMs: 10,
      send: async (n, intendedMs) => {
        intended.push(intendedMs);
        const until = performance.now() + (n === 2 ? 15 : 0);
        while (performance.now() < until);
      },
    });
    expect((intended.at(-1) ?? 0) - (intended[0] ?? 0)).toBeCloseTo(9, 6);
  });

  test("rejects when one of its requests does", async () => {
    const failing = openLoop({
      perSecond: 1_000,
      forMs: 5,
      send: () => Promise.reject(new Error("refused")),
    });
    await expect(failing).rejects.toThrow("refused");
  });
});
