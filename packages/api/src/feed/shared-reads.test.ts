import { expect, test } from "vitest";
import { createSharedReads } from "./shared-reads.ts";

test("those who ask in one turn share a read; whoever asks later has his own, also while the first is under way", async () => {
  const begun: string[] = [];
  const { promise, resolve } = Promise.withResolvers<string>();
  const shared = createSharedReads(
    (key: string) => {
      begun.push(key);
      return promise;
    },
    (key) => key,
  );
  const change = Promise.resolve();
  const woken = Array.from({ length: 100 }, async () => {
    await change;
    return shared.read("a");
  });
  const other = shared.read("b");
  await new Promise((next) => setImmediate(next));
  expect(begun.toSorted()).toEqual(["a", "b"]);
  const later = shared.read("a");
  expect(begun).toHaveLength(3);
  resolve("read");
  expect(new Set(await Promise.all([...woken, other, later]))).toEqual(new Set(["read"]));
});
