import type { Pool } from "pg";
import { expect, test } from "vitest";
import { readingOn } from "./reading.ts";

const cut = new Error("Connection terminated unexpectedly");

/** A pool that answers with these in turn: throws an error, resolves with anything else. */
function poolOf(...answers: readonly unknown[]) {
  const asked: unknown[] = [];
  const query = async (text: string): Promise<unknown> => {
    const answer = answers[asked.length];
    asked.push(text);
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { reading: readingOn({ query } as unknown as Pool), asked };
}

test("what was asked on a connection that was cut is asked once more", async () => {
  const { reading, asked } = poolOf(cut, "rows");
  expect(await reading.query("select 1")).toBe("rows");
  expect(asked).toEqual(["select 1", "select 1"]);
});

test("not a third time, and not at all for another fault or for a peer that is silent", async () => {
  const twice = poolOf(cut, cut, "rows");
  await expect(twice.reading.query("select 1")).rejects.toThrow("Connection terminated");
  expect(twice.asked).toHaveLength(2);
  for (const fault of [new Error("syntax error"), new Error("Query read timeout")]) {
    const once = poolOf(fault, "rows");
    await expect(once.reading.query("select 1")).rejects.toThrow(fault.message);
    expect(once.asked).toHaveLength(1);
  }
});
