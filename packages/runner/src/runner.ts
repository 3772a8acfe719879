// The runner: decides when due work is picked up and how much at once. It puts the pumps, the leases and the sweep
// together, starts them in order, and drains them within a bound.
import {
  noTraces,
  type Clock,
  type Doorbell,
  type Instant,
  type JobKey,
  type Kinds,
  type LaneServer,
  type Log,
  type Random,
  type Ring,
  type RunCompletion,
  type Store,
  type Traces,
} from "@ringback/core";
import type { LongLivedExecutor, TracedRun } from "./executor/executor.ts";
import { createInThreadExecutor } from "./executor/in-thread.ts";
import { createFaultAttribution, type StrayRun } from "./fault-attribution.ts";
import { createIdle } from "./idle.ts";
import { createJobPump } from "./job-pump.ts";
import { startJobRun } from "./job-run.ts";
import { createLanePump } from "./lane-pump.ts";
import { createLeaseKeeper } from "./lease-keeper.ts";
import { createReplayPump } from "./replay-pump.ts";
import { createProgressWatch, type ProgressCheck } from "./progress-check.ts";
import { assertSettings, type RunnerSettings } from "./settings.ts";
import { createCounters, type RunnerSignals } from "./signals.ts";
import { createSweep, type Swept } from "./sweep.ts";

export interface RunnerOptions {
  readonly store: Pick<
    Store,
    "runs" | "lanes" | "replays" | "kinds" | "changes" | "recover" | "due" | "expire"
  >;
  readonly doorbell: Doorbell;
  readonly kinds: Kinds;
  readonly laneServer: LaneServer;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Where handlers' own lines go, with whatever fields they have; `log` unless told. */
  readonly handlerLog?: Log;
  /** This process's unique name; leases are claimed in it. */
  readonly holder: string;
  /** Kinds whose handlers are called elsewhere, and where; all others are called in this thread. */
  readonly isolated?: { readonly kinds: ReadonlySet<string>; readonly executor: LongLivedExecutor };
  /** How an upstream may finish a run of our own kinds later; without it nothing is finished later. */
  readonly completionOf?: (run: TracedRun) => RunCompletion;
  /** Where runs are told as spans; without it they are not. */
  readonly traces?: Traces;
  /** Where a result can be fetched that does not stand inside the job. */
  readonly resultUrl: (job: JobKey) => string;
  readonly settings: RunnerSettings;
}

export interface Runner {
  readonly name: "runner";
  /** Resolves when the doorbell is answered and the first sweep has been tried. Throws when it was started before. */
  start(): Promise<void>;
  /**
   * Claims nothing more and lets what is in flight finish; shortly before `drainMs` (10 s) is over, the rest is broken
   * off and given back, uncharged. Resolves within `drainMs`, whatever handlers and store do. Safe to call twice.
   */
  stop(options?: { readonly drainMs?: number }): Promise<void>;
  /** One sweep; null when it failed, which has been logged. */
  runOnce(): Promise<Swept | null>;
  readonly signals: RunnerSignals;
  /**
   * The run whose code is executing, for the process's fault listeners: a handler's timers, dropped promises and emitters
   * throw outside its own promise. Undefined when the error is nobody's, which is the server's to judge.
   */
  readonly currentRun: () => StrayRun | undefined;
  /** For readiness. */
  progressCheck(now: Instant): Promise<ProgressCheck>;
}

const drainDefaultMs = 10_000;
/** How much of the drain is kept for giving back what did not finish. */
const giveBackMs = 1_000;

/** Throws a RangeError when the settings contradict each other. */
export function createRunner(options: RunnerOptions): Runner {
  assertSettings(options.settings);
  const { store, doorbell, clock, settings, isolated } = options;
  const attribution = createFaultAttribution();
  const inThread = createInThreadExecutor({
    kinds: options.kinds,
    resultBytesMax: settings.resultBytesMax,
    attribution,
    handlerLog: options.handlerLog ?? options.log,
    completionOf: options.completionOf,
  });
  const counters = createCounters();
  const idle = createIdle(() => jobs.isIdle && lanes.isIdle);
  const shared = { ...options, traces: options.traces ?? noTraces, counters, idle };
  const jobs = createJobPump({
    ...shared,
    runs: store.runs,
    passOn: () => doorbell.passOn(),
    startRun: (claimed) =>
      startJobRun(claimed, {
        ...options,
        executor: isolated?.kinds.has(claimed.job.kind) === true ? isolated.executor : inThread,
        writeProgress: async (progress) =>
          (await store.runs.reportProgress([progress], clock.now()))[0] ?? "lost",
      }),
  });
  const lanes = createLanePump({ ...shared, lanes: store.lanes });
  const replays = createReplayPump({ ...shared, replays: store.replays, changes: store.changes });
  const keeper = createLeaseKeeper({ ...options, runs: () => jobs.leases(), lanes: () => lanes.leases() });
  const sweep = createSweep({
    ...shared,
    beforeRecovery: () => keeper.beforeRecovery(),
    ringJobs: () => jobs.ring(),
    ringLane: (lane) => lanes.ring(lane),
    onDue: (due) => watch.observe(due),
  });
  const watch = createProgressWatch({ clock, settings, jobs, lanes, lastSweepAt: () => sweep.lastAt });
  let isStarted = false;
  let stopping: Promise<void> | null = null;

  function answer(ring: Ring): void {
    if (ring.kind === "jobs") jobs.ring();
    else if (ring.kind === "lane") lanes.ring(ring);
    else jobs.cancel(ring);
  }

  async function drain(drainMs: number): Promise<void> {
    const endsMs = clock.monotonicMs() + drainMs;
    const restMs = (): number => Math.max(0, endsMs - clock.monotonicMs());
    const reserveMs = Math.min(giveBackMs, drainMs / 2);
    const swept = Promise.all([sweep.stop(), replays.stop()]);
    jobs.close();
    lanes.close();
    await within(restMs() - reserveMs, Promise.all([swept, idle.whenIdle()]));
    if (!idle.isIdle()) {
      jobs.release(restMs() / 2);
      lanes.breakOff();
      await within(restMs(), idle.whenIdle());
    }
    keeper.stop();
    await within(restMs(), isolated?.executor.close() ?? Promise.resolve());
    await within(restMs(), doorbell.stop());
  }

  /** Resolves when `work` has, or the time is over; what is late goes on by itself and is fenced by its lease. */
  function within(limitMs: number, work: Promise<unknown>): Promise<void> {
    return new Promise((resolve, reject) => {
      const forget = clock.after(Math.max(0, limitMs), resolve);
      work.then(() => resolve(), reject).finally(forget);
    });
  }

  return {
    name: "runner",
    async start() {
      if (isStarted || stopping !== null) throw new Error("The runner has been started already.");
      isStarted = true;
      watch.start();
      keeper.start();
      isolated?.executor.open();
      await doorbell.start(answer);
      if (stopping === null && settings.lanesMax > 0) replays.start();
      if (stopping === null) await sweep.start();
    },
    stop(stopOptions = {}) {
      stopping ??= drain(stopOptions.drainMs ?? drainDefaultMs);
      return stopping;
    },
    runOnce: () => sweep.runOnce(),
    signals: {
      get lastSweepAt() {
        return sweep.lastAt;
      },
      get lastRunClaimAt() {
        return jobs.lastClaimAt;
      },
      get lastLaneClaimAt() {
        return lanes.lastClaimAt;
      },
      get running() {
        return jobs.slotsTaken;
      },
      get heldLanes() {
        return lanes.slotsTaken;
      },
      counters,
      whenIdle: () => idle.whenIdle(),
    },
    currentRun: () => attribution.currentRun(),
    progressCheck: async (now) => watch.check(now),
  };
}
