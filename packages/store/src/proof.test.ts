// The proof: whatever is done in whatever order, both stores do what the model does, and the same things happen in both.
//
// fast-check draws the commands from a seed, which stands in the test's name, and shrinks what fails to the shortest story.
import { assert, asyncProperty, check } from "fast-check";
import { describe, expect, it } from "vitest";
import type { Store } from "@ringback/core";
import { createSealing } from "./sealing.ts";
import { migrate, readMigrations } from "./sqlite/migrate.ts";
import { assembleStore } from "./sqlite/open.ts";
import { inMemory, openFile } from "./sqlite/open-file.ts";
import { useCluster } from "./testing/postgres-ground.ts";
import { commands, type Command } from "./testing/proof/commands.ts";
import { play } from "./testing/proof/play.ts";
import { countingRandom, optionsForTest } from "./testing/sqlite-ground.ts";

async function playOnSqlite(
  story: readonly Command[],
  changed: (store: Store) => Store = (store) => store,
): Promise<readonly string[]> {
  const file = openFile(inMemory);
  migrate(file.client, readMigrations(), 0);
  const options = optionsForTest(inMemory);
  const store = assembleStore(file, createSealing(options.masterKey, options.random), options);
  const { random, rings } = options;
  try {
    return await play(async () => ({ store: changed(store), random, rings }), story);
  } finally {
    await store.close();
  }
}

/** While a failing story is shrunk this ends it in time to be told; a store that takes so long for all of them fails as well. */
const bounded = { interruptAfterTimeLimit: 15_000, markInterruptAsFailure: true };

/** What the stories have to have come by, or they would prove little. */
const landmarks = [
  ...['"lost"', "outcome_unknown", '"replayed"', '"key_reused"', '"requested"', '"canceled"', '"failed"'],
  ...['"dead"', '"delivered"', '"gone"', " manual "],
];

describe("a store does what its model does", () => {
  it.each([1, 2, 3, 4])("SQLite, seed %i", async (seed) => {
    const told = new Set<string>();
    const property = asyncProperty(commands, async (story) => {
      const log = (await playOnSqlite(story)).join("\n");
      for (const landmark of landmarks) if (log.includes(landmark)) told.add(landmark);
    });
    await assert(property, { seed, numRuns: 20, ...bounded });
    expect(told).toEqual(new Set(landmarks));
  });

  it.each([
    [
      "forgets redeliveries",
      (store: Store) => ({ ...store, support: { ...store.support, redeliver: async () => [] } }),
    ],
    [
      "recovers nothing",
      (store: Store) => ({ ...store, recover: async () => ({ runs: 0, lanes: 0, attempts: 0 }) }),
    ],
    [
      "forgets what was taken",
      (store: Store) => ({ ...store, reads: { ...store.reads, takenEvents: async () => new Set<string>() } }),
    ],
  ])("one that %s is found out", async (_, changed) => {
    const property = asyncProperty(commands, async (story) => void (await playOnSqlite(story, changed)));
    const { failed } = await check(property, { seed: 5, numRuns: 20, endOnFailure: true });
    expect(failed).toBe(true);
  });

  const cluster = useCluster();
  it.each([11, 12, 13])("PostgreSQL, seed %i, and the same happens in both", async (seed) => {
    const { connectionString } = await cluster.openForTest();
    const property = asyncProperty(commands, async (story) => {
      await cluster.empty(connectionString);
      const opened = await cluster.open(connectionString, { random: countingRandom() });
      try {
        expect(await play(async () => opened, story)).toEqual(await playOnSqlite(story));
      } finally {
        await opened.store.close();
      }
    });
    await assert(property, { seed, numRuns: 3, ...bounded });
  });
});
