import { describe, expect, test } from "vitest";
import { systemClock, systemRandom } from "./system.ts";

describe("the machine's clock and randomness", () => {
  test("random bytes are the caller's own and do not repeat over refills", () => {
    const random = systemRandom();
    const drawn = Array.from({ length: 2_000 }, () => Buffer.from(random.bytes(10)).toString("hex"));
    expect(new Set(drawn).size).toBe(2_000);
    expect(random.bytes(10_000)).toHaveLength(10_000);
  });

  test("a forgotten timer never fires, and a due one does", async () => {
    const clock = systemClock();
    const fired: string[] = [];
    const forget = clock.after(0, () => fired.push("forgotten"));
    forget();
    const { promise, resolve } = Promise.withResolvers<void>();
    clock.after(1, resolve);
    const keepAlive = setInterval(() => undefined, 1_000);
    await promise;
    clearInterval(keepAlive);
    expect(fired).toEqual([]);
  });
});
