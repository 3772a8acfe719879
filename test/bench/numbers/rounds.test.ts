import { expect, test } from "vitest";
import { inTurn } from "./rounds.ts";

test("both are measured in every round, in changing order, and the first round is not counted", async () => {
  const order: string[] = [];
  const measured = await inTurn(
    3,
    async (round) => {
      order.push(`ours ${round}`);
      return round;
    },
    async (round) => {
      order.push(`bare ${round}`);
      return round * 10;
    },
  );
  expect(measured).toEqual([
    { ours: 1, bare: 10 },
    { ours: 2, bare: 20 },
    { ours: 3, bare: 30 },
  ]);
  expect(order.slice(0, 4)).toEqual(["ours 0", "bare 0", "bare 1", "ours 1"]);
  expect(order).toHaveLength(8);
});
