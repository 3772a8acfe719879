import { Client } from "pg";
import { afterEach, expect, test, vi } from "vitest";
import { watchLockTimes } from "./lock-times.ts";

const original = Client.prototype.query;
afterEach(() => {
  Client.prototype.query = original;
  vi.restoreAllMocks();
});

test("a transaction counts from the first statement that found something until its commit is answered", async () => {
  let nowMs = 0;
  vi.spyOn(performance, "now").mockImplementation(() => nowMs);
  const answers: Record<string, number> = {
    "select id from job for update skip locked": 0,
    "delete from event where seq = 1": 2,
    "select 1 from lane for no key update": 1,
  };
  Client.prototype.query = (async ({ text }: { readonly text: string }) => ({
    rowCount: answers[text] ?? null,
  })) as unknown as typeof original;
  const times = watchLockTimes(/^delete from event/);
  const client = new Client();
  const run = async (texts: readonly string[]): Promise<void> => {
    for (const text of ["begin", ...texts]) {
      nowMs += 10;
      await client.query({ text });
    }
    const committed = client.query({ text: "commit" });
    nowMs += 5;
    await committed;
  };
  await run(["select id from job for update skip locked", "delete from event where seq = 1", "select 1"]);
  expect(times.longestMs()).toBe(15);
  await run(["select 1 from lane for no key update", "select 1", "delete from event where seq = 1"]);
  expect(times.longestMs()).toBe(25);
  times.reset();
  // Nothing was erased in this one.
  await run(["select 1 from lane for no key update"]);
  expect(times.longestMs()).toBe(0);
});
