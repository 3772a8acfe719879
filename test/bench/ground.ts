// What the benchmark's parts share: a clock, randomness, silence, and a store in a folder of its own.
import { randomFillSync } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AddressGuard, Clock, Log, Random, Store } from "@ringback/core";
import { openSqliteStore } from "@ringback/store";

export const clock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, wake) {
    const timer = setTimeout(wake, delayMs);
    return () => clearTimeout(timer);
  },
};

export const random: Random = {
  bytes: (count) => randomFillSync(new Uint8Array(count)),
  unit: () => Math.random(),
};

const silent = (): void => undefined;
export const log: Log = { debug: silent, info: silent, warn: silent, error: silent };

/** Lets every URL through: the guard's cost is measured by nobody here, and both sides of a ratio would pay it. */
export const openGuard: AddressGuard = {
  checkUrl: async (text) => {
    const url = new URL(text);
    return { ok: true, url: url.href, origin: url.origin, host: url.host };
  },
};

export interface BenchStore {
  readonly store: Store;
  close(): Promise<void>;
}

/** A store on disk, in the folder where temporary files go; rings are dropped. */
export async function openBenchStore(): Promise<BenchStore> {
  const folder = mkdtempSync(join(tmpdir(), "ringback-bench-"));
  const path = join(folder, "ringback.db");
  const store = await openSqliteStore({
    path,
    clock,
    random,
    log,
    ring: silent,
    masterKey: random.bytes(32),
  });
  return {
    store,
    close: async () => {
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
