import { expect, test } from "vitest";
import { submissionOf } from "./isolation.ts";

test("in every turn the sick endpoint gets five times the share of each healthy one, evenly spread", () => {
  const toHealthy = (n: number) => ({ callback: { endpointId: `healthy_${n % 20}` }, isTimed: true });
  const turn = Array.from({ length: 25 }, (_, n) => submissionOf(n, { sickId: "sick", toHealthy }));
  const counts = new Map<string, number>();
  for (const { callback } of turn) {
    const { endpointId } = callback as { endpointId: string };
    counts.set(endpointId, (counts.get(endpointId) ?? 0) + 1);
  }
  expect(counts.get("sick")).toBe(5);
  counts.delete("sick");
  expect([...counts.values()]).toEqual(Array.from({ length: 20 }, () => 1));
  expect(turn.flatMap(({ isTimed }, n) => (isTimed ? [] : [n]))).toEqual([4, 9, 14, 19, 24]);
});
