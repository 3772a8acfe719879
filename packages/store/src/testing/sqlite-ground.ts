// What the tests of the SQLite adapter stand on: temporary files that are gone afterwards, quiet logs, a fixed key.
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Log, Random, Ring } from "@ringback/core";
import { openSqliteStore, type SqliteStore, type SqliteStoreOptions } from "../sqlite/open.ts";

export const quiet: Log = { debug: ignore, info: ignore, warn: ignore, error: ignore };

export const masterKey = Uint8Array.from({ length: 32 }, (_, at) => at);

function ignore(): void {
  // Nobody reads the logs of these tests.
}

/** Different bytes with every draw, the same in every test, and no jitter. */
export function countingRandom(): Random {
  let draws = 0;
  return {
    unit: () => 0.5,
    bytes(count) {
      draws += 1;
      const drawn = draws;
      return Uint8Array.from({ length: count }, (_, at) =>
        at < 6 ? Math.floor(drawn / 256 ** (5 - at)) % 256 : at,
      );
    },
  };
}

/** A folder that is deleted when the test is over; no part of its path is a link. */
export function temporaryFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "ringback-store-")));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface OpenedForTest {
  readonly store: SqliteStore;
  readonly random: Random;
  readonly rings: Ring[];
}

/** Opens a store that is closed when the test is over. */
export async function openForTest(
  path: string,
  over: Partial<SqliteStoreOptions> = {},
): Promise<OpenedForTest> {
  const options = optionsForTest(path, over);
  const store = await openSqliteStore(options);
  onTestFinished(() => store.close());
  return { store, random: options.random, rings: options.rings };
}

export function optionsForTest(
  path: string,
  over: Partial<SqliteStoreOptions> = {},
): SqliteStoreOptions & { readonly rings: Ring[] } {
  const rings: Ring[] = [];
  const random = countingRandom();
  const clock = { now: () => 0, monotonicMs: () => 0, after: () => ignore };
  const ring = (rung: readonly Ring[]): void => void rings.push(...rung);
  return { path, clock, random, log: quiet, ring, masterKey, rings, ...over };
}
