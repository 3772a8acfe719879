// The proof: whatever is done in whatever order, both stores do what the model does, and the same things happen in both.
//
// fast-check draws the commands from a seed, which stands in the test's name, and shrinks what fails to the shortest story.
import { assert, asyncProperty, check } from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
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
  ...['"dead"', '"delivered"', '"gone"', " manual ", '"discarded"'],
  ...['"created 0"', '"running 0"', " replay ", '"changed"', '"unchanged"', '"over"', '"by_looking"'],
  ...['"completed: ', '"canceled: ', '"paused: ', '"stopped: ', "skipped 1", "failed 1", "delivered 1"],
];

const sqliteSeeds = [1, 2, 3, 4, 5, 6, 7, 8];

describe("a store does what its model does", () => {
  const told = new Set<string>();
  let played = 0;
  afterAll(() => {
    const missed = landmarks.filter((landmark) => !told.has(landmark));
    if (played === sqliteSeeds.length && missed.length > 0) {
      throw new Error(`No story came by ${missed.join(", ")}.`);
    }
  });

  it.each(sqliteSeeds)("SQLite, seed %i", async (seed) => {
    const property = asyncProperty(commands, async (story) => {
      const log = (await playOnSqlite(story)).join("\n");
      for (const landmark of landmarks) if (log.includes(landmark)) told.add(landmark);
    });
    await assert(property, { seed, numRuns: 5, ...bounded });
    played += 1;
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
      "makes two of one replay",
      (store: Store) => {
        const { create } = store.replays;
        const forever: typeof create = async (asked, now, act) => {
          const filter = { ...asked.filter, from: now % 1_000 };
          return create({ ...asked, filter }, now, act);
        };
        return { ...store, replays: { ...store.replays, create: forever } };
      },
    ],
    [
      "goes on with what was paused or canceled",
      (store: Store) => {
        const change: Store["replays"]["change"] = async ({ tenantId, replayId }) => {
          const replay = await store.reads.getReplay(tenantId, replayId);
          return replay && { kind: "changed", replay };
        };
        return { ...store, replays: { ...store.replays, change } };
      },
    ],
    [
      "forgets what was taken",
      (store: Store) => ({ ...store, reads: { ...store.reads, takenEvents: async () => new Set<string>() } }),
    ],
  ])("one that %s is found out", async (_, changed) => {
    const property = asyncProperty(commands, async (story) => void (await playOnSqlite(story, changed)));
    const { failed } = await check(property, { seed: 3, numRuns: 30, endOnFailure: true });
    expect(failed).toBe(true);
  });

  const cluster = useCluster();
  it.each([11, 12, 13, 14, 15, 16])("PostgreSQL, seed %i, and the same happens in both", async (seed) => {
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
    await assert(property, { seed, numRuns: 1, ...bounded });
  });
});
