// The whole server, whose retention has to do with one table at a time: what is over of the others is withheld from its sweep,
// and of each of its transactions it is measured how long it takes, or holds locks.
import type { Expiry, Retention, Store } from "@ringback/core";
import { startServer } from "@ringback/server";
import { overAt } from "../fill/statements.ts";
import { answerParent, ready } from "./in-child.ts";
import { watchLockTimes } from "./lock-times.ts";

/** What one table's rows took to be erased. */
export interface Erased {
  readonly rows: number;
  readonly batches: number;
  /**
   * Embedded, from the sweep's call to the commit, the wait for others' commits included; on PostgreSQL from the first statement
   * that locks something to the commit.
   */
  readonly longestMs: number;
  /** The same of transactions with nothing to erase, made just before: what the machine and the load take by themselves. */
  readonly longestEmptyMs: number;
}

const hourMs = 3_600_000;
/** Younger than what is past in the tables, and older than what is done meanwhile. */
const overMs = hourMs / 4;
const neverMs = 1e14;
const never: Retention = {
  eventsMs: neverMs,
  deliveriesMs: neverMs,
  deadLettersMs: neverMs,
  tombstonesMs: neverMs,
  attemptBodiesMs: neverMs,
  replaysMs: neverMs,
};
/** When the tombstones of the payloads that are erased may be forgotten. */
const forgottenAt = Date.now() + hourMs;

const phases: Readonly<Record<string, (expiry: Expiry) => Expiry>> = {
  nothing: (expiry) => ({ ...expiry, now: 0, retention: never }),
  keys: (expiry) => ({ ...expiry, now: overAt.keys, retention: never }),
  payloads: (expiry) => ({
    ...expiry,
    now: overAt.payloads,
    retention: { ...never, tombstonesMs: forgottenAt - overAt.payloads },
  }),
  bodies: (expiry) => ({ ...expiry, retention: { ...never, attemptBodiesMs: overMs } }),
  deliveries: (expiry) => ({
    ...expiry,
    retention: { ...never, deliveriesMs: overMs, deadLettersMs: overMs },
  }),
  events: (expiry) => ({ ...expiry, retention: { ...never, eventsMs: overMs } }),
  tombstones: (expiry) => ({ ...expiry, now: forgottenAt, retention: never }),
  replays: (expiry) => ({ ...expiry, retention: { ...never, replaysMs: overMs } }),
};

/** What only the retention says. */
const erasing = /^\s*(?:delete from|update attempt set response_body|with over as materialized)/;
const lockTimes = process.env["DATABASE_URL"] === undefined ? null : watchLockTimes(erasing);
let phase = "nothing";
let erased: Erased = { rows: 0, batches: 0, longestMs: 0, longestEmptyMs: 0 };
let undecorated: Store | null = null;
const emptyBatches = 200;
let over: PromiseWithResolvers<Erased> | null = null;
/** How long one table is looked at; what is left then stays. */
const erasingMs = 15_000;
let untilMs = 0;

answerParent({
  /** Resolves when nothing is left of it, or its time is over. */
  async erase(what) {
    erased = { rows: 0, batches: 0, longestMs: 0, longestEmptyMs: await longestEmpty() };
    lockTimes?.reset();
    phase = String(what);
    untilMs = performance.now() + erasingMs;
    over = Promise.withResolvers<Erased>();
    return over.promise;
  },
});
const server = await startServer({ env: process.env, decorateStore: measured });
process.on("SIGTERM", () => void server.stop().then(() => process.exit(0)));
ready(server.url);

async function longestEmpty(): Promise<number> {
  let longestMs = 0;
  for (let batch = 0; batch < emptyBatches; batch += 1) {
    const startedMs = performance.now();
    await undecorated?.expire({ now: 0, limit: 1, retention: never });
    longestMs = Math.max(longestMs, performance.now() - startedMs);
  }
  return longestMs;
}

function measured(store: Store): Store {
  undecorated = store;
  return {
    ...store,
    async expire(asked) {
      const during = phase;
      const startedMs = performance.now();
      const rows = await store.expire(phases[during]?.(asked) ?? asked);
      if (during === "nothing" || during !== phase) return rows;
      const ms = performance.now() - startedMs;
      if (rows > 0) {
        const { longestMs, batches } = erased;
        erased = {
          ...erased,
          rows: erased.rows + rows,
          batches: batches + 1,
          longestMs: lockTimes?.longestMs() ?? Math.max(longestMs, ms),
        };
        if (performance.now() < untilMs) return rows;
      }
      phase = "nothing";
      over?.resolve(erased);
      return rows;
    },
  };
}
