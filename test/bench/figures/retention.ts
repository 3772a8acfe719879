// (k) How long the longest transaction of the retention is, table by table, while 200,000 rows of each are to be erased and the
// server goes on working: nobody waits for its locks any longer than that. Each table is looked at for 15 s at most. SQLite locks
// the whole file, so there it is the whole call; on PostgreSQL it is the time from a transaction's first lock to its commit.
import type { Erased } from "../children/expiring-server.ts";
import type { Figure } from "../figure.ts";
import { both, type Aim, type Line } from "../line.ts";
import type { Round } from "../numbers/rounds.ts";
import { percentile } from "../numbers/statistics.ts";
import { oweDeliveries } from "./owing.ts";
import { timedJobs } from "./timed-jobs.ts";

const sizes = { full: { rows: 200_000 }, quick: { rows: 5_000 } };
const perSecond = 50;
const windowMs = 1_000;
/** With fewer of them nothing can be said of the longest. */
const batchesMin = 20;

const line = (name: string, aim: Aim | null, against: string | null = null): Line => ({
  name,
  against,
  unit: "ms",
  judging: "value",
  aim: both(aim),
});
const longest = (what: string): Line =>
  line(`longest batch erasing ${what}`, { below: 50 }, "with nothing to erase");

/** In an order in which each leaves the next one free to go. */
const tables = {
  keys: longest("idempotency keys"),
  payloads: longest("inputs and results"),
  bodies: longest("attempts' bodies"),
  deliveries: longest("deliveries"),
  events: longest("events"),
  tombstones: longest("tombstones"),
  replays: longest("replays' items"),
};

export const retention: Figure = {
  letter: "k",
  lines: { ...tables, meanwhile: line("submit to callback meanwhile, p95", null) },
  async measure(ground) {
    const { rows } = sizes[ground.size];
    const receiver = await ground.startChild("receiver.ts");
    const house = await ground.openHouse();
    const owing = { receiver, endpoints: 0, perEndpoint: 0, arePaused: false };
    await oweDeliveries(house, { ...owing, past: rows, isOver: true });
    // A short lease has it sweep three times a second.
    const settings = { RINGBACK_LEASE_MS: "2000" };
    const server = await house.start({ settings, instead: { program: "expiring-server.ts", args: [] } });
    const jobs = await timedJobs(ground.closing);
    const callback = { url: `${jobs.url}/callback` };
    const work = (): Promise<readonly number[]> =>
      jobs.run({
        api: server.api,
        perSecond,
        forMs: windowMs,
        submit: () => ({ callback, isTimed: true }),
      });
    const child = server.process("all");
    const rounds: Record<string, readonly Round[]> = {};
    const tookMs: number[] = [];
    await work();
    await ground.busy.during({ server: child }, async () => {
      for (const what of Object.keys(tables)) {
        let isOver = false;
        const erasing = child.ask<Erased>("erase", what).finally(() => void (isOver = true));
        erasing.catch(() => undefined);
        while (!isOver) tookMs.push(...(await work()));
        const erased = await erasing;
        if (erased.batches < batchesMin) throw new Error(`of ${what} only ${erased.rows} rows were erased`);
        if (erased.longestMs === 0) throw new Error(`no lock was seen while ${what} were erased`);
        rounds[what] = [{ ours: erased.longestMs, bare: erased.longestEmptyMs }];
      }
    });
    const meanwhile = [{ ours: percentile(tookMs, 95), bare: null }];
    return { rounds: { ...rounds, meanwhile }, busy: ground.busy.shares() };
  },
};
