// The sweep: finds in the rows what no ring told, so that a lost ring or a lost process costs time and never work.
// It tells which kinds run here, recovers leases, rings for what is due, fails jobs that waited too long or that nobody knows
// how to run, and deletes what its time is over for.
import type { Clock, Due, Instant, Kinds, Log, Recovered, Retention, Store } from "@ringback/core";
import { createBatchSize } from "./batch-size.ts";
import { createKindBoard } from "./kind-board.ts";
import type { LaneName } from "./lane-pump.ts";
import type { RunnerSettings } from "./settings.ts";
import type { RunnerCounters } from "./signals.ts";

export interface SweepOptions {
  readonly store: Pick<Store, "recover" | "due" | "expire" | "runs" | "kinds">;
  readonly kinds: Kinds;
  readonly holder: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly settings: RunnerSettings;
  readonly counters: RunnerCounters;
  /** Rejects when no recovery may be made now. */
  readonly beforeRecovery: () => Promise<void>;
  readonly ringJobs: () => void;
  readonly ringLane: (lane: LaneName) => void;
  /** Called with what each sweep has found due, before it rings. */
  readonly onDue: (due: Due) => void;
}

/** What one sweep did. */
export interface Swept {
  readonly recovered: Recovered;
  readonly jobsDue: boolean;
  readonly lanesDue: number;
  /** Jobs that no run began of in time. */
  readonly unstartedFailed: number;
  readonly unknownKindsFailed: number;
  readonly expired: number;
}

export interface Sweep {
  readonly name: "sweep";
  /** Sweeps once, and from then on every `sweepMs`. */
  start(): Promise<void>;
  /** Begins no other sweep; resolves when the present one is over. */
  stop(): Promise<void>;
  /** One sweep; null when it failed, which has been logged. Callers at the same time share it. */
  runOnce(): Promise<Swept | null>;
  readonly lastAt: Instant | null;
}

interface Batches {
  /** Rows of one transaction, so that it is short. */
  readonly rows: number;
  /** Such batches in one sweep; the rest waits for the next. */
  readonly most: number;
}

const failing: Batches = { rows: 500, most: 10 };
/** Rows that one sweep deletes at most: enough to keep up with 1,000 jobs a second. */
const deletedMax = 20_000;
/** Least time until a look at what comes due before the next sweep. */
const lookMinMs = 250;

export function createSweep(options: SweepOptions): Sweep {
  const { store, clock, log, settings, counters } = options;
  const retention: Retention = {
    eventsMs: settings.eventRetentionMs,
    deliveriesMs: settings.deliveryRetentionMs,
    deadLettersMs: settings.deadLetterRetentionMs,
    tombstonesMs: settings.tombstoneMs,
    attemptBodiesMs: settings.attemptBodyRetentionMs,
    replaysMs: settings.replayRetentionMs,
  };
  const lanesLimit = Math.min(10_000, Math.max(1, 4 * settings.lanesMax));
  const board = createKindBoard(options);
  const batchSize = createBatchSize();
  let sweeping: Promise<Swept | null> | null = null;
  let isStopped = false;
  let hasTakenBack = !settings.soleHolder;
  let lastAt: Instant | null = null;
  let nextSweepMs = Number.POSITIVE_INFINITY;
  let forgetSweep: (() => void) | null = null;
  let forgetLook: (() => void) | null = null;

  function runOnce(): Promise<Swept | null> {
    sweeping ??= sweepOrLog().finally(() => {
      sweeping = null;
    });
    return sweeping;
  }

  async function sweepOrLog(): Promise<Swept | null> {
    try {
      const swept = await sweep();
      counters.sweeps += 1;
      lastAt = clock.now();
      return swept;
    } catch (thrown) {
      counters.sweepsFailed += 1;
      log.warn("sweep_failed", { errorName: thrown instanceof Error ? thrown.name : typeof thrown });
      return null;
    }
  }

  async function sweep(): Promise<Swept> {
    await board.announce();
    const recovered = await recover();
    const unstartedFailed = await inBatches(failing, (limit) =>
      store.runs.failUnstarted({ now: clock.now(), limit }),
    );
    const due = await store.due(clock.now(), lanesLimit);
    options.onDue(due);
    ring(due);
    const unknownKindsFailed = await failUnknownKinds();
    const expired = await expireInBatches();
    return {
      recovered,
      jobsDue: due.jobsSince !== null,
      lanesDue: due.lanes.length,
      unstartedFailed,
      unknownKindsFailed,
      expired,
    };
  }

  /** The first recovery of a sole holder takes back every lease of the processes before it, lapsed or not. */
  async function recover(): Promise<Recovered> {
    await options.beforeRecovery();
    const now = clock.now();
    const recovered = await store.recover(hasTakenBack ? { now } : { now, soleHolder: options.holder });
    hasTakenBack = true;
    if (recovered.runs + recovered.lanes > 0) log.info("recovered", { ...recovered });
    return recovered;
  }

  function ring(due: Due): void {
    if (due.jobsSince !== null) options.ringJobs();
    for (const lane of due.lanes) options.ringLane(lane);
    lookAgain(
      Math.min(due.nextJobAt ?? Number.POSITIVE_INFINITY, due.nextLaneAt ?? Number.POSITIVE_INFINITY),
    );
  }

  /** What comes due before the next sweep is looked for then: after a restart no doorbell remembers it. */
  function lookAgain(at: Instant): void {
    forgetLook?.();
    forgetLook = null;
    const delayMs = Math.max(lookMinMs, at - clock.now());
    if (isStopped || clock.monotonicMs() + delayMs >= nextSweepMs) return;
    forgetLook = clock.after(delayMs, () => void look());
  }

  async function look(): Promise<void> {
    try {
      ring(await store.due(clock.now(), lanesLimit));
    } catch (thrown) {
      log.warn("look_failed", { errorName: thrown instanceof Error ? thrown.name : typeof thrown });
    }
  }

  /** A process that runs no jobs knows no kinds, and has no say in which are unknown. */
  async function failUnknownKinds(): Promise<number> {
    if (settings.runConcurrency === 0) return 0;
    const kinds = await board.known();
    return inBatches(failing, (limit) => {
      const now = clock.now();
      const dueBefore = now - settings.unknownKindHoldMs;
      return store.runs.failUnknownKinds({ kinds, dueBefore, now, limit });
    });
  }

  async function inBatches(batches: Batches, act: (limit: number) => Promise<number>): Promise<number> {
    let total = 0;
    for (let batch = 0; batch < batches.most && !isStopped; batch += 1) {
      // However slow the store is, the next sweep and its recovery do not wait for this one.
      if (clock.monotonicMs() >= nextSweepMs) break;
      const rows = await act(batches.rows);
      total += rows;
      if (rows < batches.rows) break;
    }
    return total;
  }

  /** In transactions so short that whoever waits for one does not notice, and between which others have their turn. */
  async function expireInBatches(): Promise<number> {
    let total = 0;
    while (total < deletedMax && !isStopped && clock.monotonicMs() < nextSweepMs) {
      const limit = Math.min(batchSize.rows, deletedMax - total);
      const beganMs = clock.monotonicMs();
      const rows = await store.expire({ now: clock.now(), limit, retention });
      batchSize.took(clock.monotonicMs() - beganMs);
      total += rows;
      if (rows < limit) break;
    }
    return total;
  }

  async function sweepAndRearm(): Promise<void> {
    nextSweepMs = clock.monotonicMs() + settings.sweepMs;
    await runOnce();
    if (isStopped) return;
    forgetSweep = clock.after(Math.max(0, nextSweepMs - clock.monotonicMs()), () => void sweepAndRearm());
  }

  return {
    name: "sweep",
    start: sweepAndRearm,
    async stop() {
      isStopped = true;
      forgetSweep?.();
      forgetLook?.();
      await sweeping;
    },
    runOnce,
    get lastAt() {
      return lastAt;
    },
  };
}
