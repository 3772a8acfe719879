import { expect, test } from "vitest";
import { createEndOfTurn } from "./end-of-turn.ts";

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

test("what is brought in one turn is done at its end, in order, and what that brings in the next", async () => {
  const atEndOfTurn = createEndOfTurn();
  const done: string[] = [];
  atEndOfTurn(() => {
    done.push("first");
    atEndOfTurn(() => void done.push("brought by the first"));
  });
  atEndOfTurn(() => void done.push("second"));
  await Promise.resolve();
  expect(done).toEqual([]);
  await nextTurn();
  expect(done).toEqual(["first", "second"]);
  await nextTurn();
  expect(done).toEqual(["first", "second", "brought by the first"]);
});
