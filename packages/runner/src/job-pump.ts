// Fills the run slots: claims due jobs in batches when rung, has them run, and records how each run ended.
import type {
  ClaimedRun,
  Clock,
  Instant,
  JobKey,
  Kinds,
  Log,
  Random,
  RunSpan,
  Store,
  Traces,
} from "@ringback/core";
import type { TracedRun } from "./executor/executor.ts";
import type { Idle } from "./idle.ts";
import type { JobRun, RunEnding } from "./job-run.ts";
import type { RunLease } from "./lease-keeper.ts";
import type { RunnerSettings } from "./settings.ts";
import type { RunnerCounters } from "./signals.ts";
import { untilStored } from "./store-retry.ts";

export interface JobPumpOptions {
  readonly runs: Store["runs"];
  readonly kinds: Kinds;
  readonly holder: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly settings: RunnerSettings;
  readonly counters: RunnerCounters;
  readonly idle: Idle;
  readonly traces: Traces;
  readonly startRun: (claimed: TracedRun) => JobRun;
  /** More may be due than fits here: somebody else may have room. */
  readonly passOn: () => void;
}

export interface JobPump {
  /** Some job may be due. */
  ring(): void;
  /** That job is to stop, if it runs here. */
  cancel(job: JobKey): void;
  /** Runs whose end has not been recorded. */
  leases(): readonly RunLease[];
  /** Claims nothing more; what a claim under way still brings is given back. */
  close(): void;
  /** Gives back every run that is still going on, after `graceMs` for its handler. */
  release(graceMs: number): void;
  readonly isIdle: boolean;
  readonly slotsTaken: number;
  readonly slotsFree: number;
  readonly lastClaimAt: Instant | null;
}

interface HeldRun extends RunLease {
  readonly run: JobRun;
  /** Null when the run never begins. */
  readonly span: RunSpan | null;
}

/** How long a claim that failed waits for another try; a ring or a sweep may be sooner. */
const claimRetryMs = 1_000;

export function createJobPump(options: JobPumpOptions): JobPump {
  const { clock, log, settings, counters, kinds } = options;
  /** By job. Of two runs of one job the older has lost its lease. */
  const held = new Map<string, HeldRun>();
  const canceledWhileClaiming = new Set<string>();
  let slotsTaken = 0;
  /** A job may be due that no claim has been asked for yet. */
  let isRung = false;
  let isScheduled = false;
  let isClaiming = false;
  let isClosed = kinds.names.length === 0 || settings.runConcurrency === 0;
  let lastClaimAt: Instant | null = null;
  let forgetRetry: (() => void) | null = null;

  const kindRunningMax = Object.fromEntries(
    kinds.names.flatMap((name) => {
      const most = kinds.get(name)?.maxRunning ?? null;
      return most === null ? [] : [[name, most]];
    }),
  );
  const slotsFree = (): number => settings.runConcurrency - slotsTaken;

  function ring(): void {
    if (isClosed) return;
    isRung = true;
    if (slotsFree() <= 0) options.passOn();
    claimSoon();
  }

  /** One turn of the event loop later, so that all slots freed by one commit are filled by one claim. */
  function claimSoon(): void {
    if (isScheduled || isClaiming || !isRung || isClosed || slotsFree() <= 0) return;
    isScheduled = true;
    setImmediate(() => {
      isScheduled = false;
      void claimWhileRung();
    });
  }

  async function claimWhileRung(): Promise<void> {
    isClaiming = true;
    try {
      while (isRung && !isClosed && slotsFree() > 0) {
        isRung = false;
        await claimOnce(slotsFree());
      }
    } catch (thrown) {
      log.warn("jobs_not_claimed", { errorName: thrown instanceof Error ? thrown.name : typeof thrown });
      retryLater();
    } finally {
      isClaiming = false;
      canceledWhileClaiming.clear();
      options.idle.look();
    }
  }

  async function claimOnce(limit: number): Promise<void> {
    const endsMs = clock.monotonicMs() + settings.leaseMs;
    const claimed = await options.runs.claim({
      holder: options.holder,
      kinds: kinds.names,
      limit,
      now: clock.now(),
      leaseMs: settings.leaseMs,
      tenantRunningMax: settings.tenantRunningMax,
      kindRunningMax,
    });
    lastClaimAt = clock.now();
    counters.runsClaimed += claimed.length;
    for (const one of claimed) begin(one, endsMs);
    if (claimed.length < limit || isClosed) return;
    isRung = true;
    options.passOn();
  }

  function retryLater(): void {
    if (isClosed) return;
    isRung = true;
    forgetRetry?.();
    forgetRetry = clock.after(claimRetryMs, claimSoon);
  }

  function begin(claimed: ClaimedRun, endsMs: number): void {
    const key = jobKey(claimed);
    const span = isClosed ? null : options.traces.run(claimed);
    const run = span === null ? neverBegun(claimed) : options.startRun(tracedRun(claimed, span));
    const one: HeldRun = {
      run,
      span,
      key: { tenantId: claimed.tenantId, jobId: claimed.jobId, token: claimed.token },
      endsMs,
      lose: () => run.lose(),
      cancel: () => run.cancel(),
    };
    held.get(key)?.lose();
    held.set(key, one);
    slotsTaken += 1;
    if (canceledWhileClaiming.has(key)) run.cancel();
    void follow(key, one);
  }

  async function follow(key: string, one: HeldRun): Promise<void> {
    const outcome = await one.run.ended;
    const status = outcome === null ? "lost" : await record(one, outcome);
    // Whoever ends a run that was handed over ends its span, too.
    if (status !== "handed_over" && outcome?.kind !== "handed_over") one.span?.end(outcome, status);
    if (status === "lost") counters.runsLost += 1;
    else counters.runsEnded[status] += 1;
    if (held.get(key) === one) held.delete(key);
    slotsTaken -= 1;
    claimSoon();
    options.idle.look();
  }

  /** An end that the store refuses as faulty is left to its lease: the job is recovered, and given up after three times. */
  async function record(
    one: HeldRun,
    ending: RunEnding,
  ): Promise<keyof RunnerCounters["runsEnded"] | "lost"> {
    const { key, run } = one;
    try {
      if (ending.kind === "handed_over") return await handOver(one, ending.until);
      const answers = await untilStored(() => options.runs.end([{ ...key, outcome: ending }], clock.now()), {
        clock,
        random: options.random,
        isOver: () => run.isLost,
      });
      const status = answers?.[0]?.status ?? "lost";
      if (status === "running") throw new Error("The store left a run running that it was told has ended.");
      if (status === "lost") log.warn("run_lost", { jobId: key.jobId });
      return status;
    } catch (thrown) {
      log.error("run_not_recorded", {
        jobId: key.jobId,
        kind: run.claimed.job.kind,
        errorName: thrown instanceof Error ? thrown.name : typeof thrown,
      });
      return "lost";
    }
  }

  /** An upstream that was faster than its own 202 has ended the run already, and nothing is left to hand over. */
  async function handOver({ key, run }: HeldRun, until: Instant): Promise<"handed_over" | "lost"> {
    const { random } = options;
    const hand = () => options.runs.handOver([{ ...key, until: Math.round(until) }], clock.now());
    const answers = await untilStored(hand, { clock, random, isOver: () => run.isLost });
    return answers?.[0] ?? "lost";
  }

  return {
    ring,
    cancel(job) {
      const key = jobKey(job);
      held.get(key)?.cancel();
      if (isClaiming) canceledWhileClaiming.add(key);
    },
    leases: () => [...held.values()].filter((one) => !one.run.isLost),
    close() {
      isClosed = true;
      isRung = false;
      forgetRetry?.();
    },
    release(graceMs) {
      for (const one of held.values()) one.run.release(graceMs);
    },
    get isIdle() {
      return slotsTaken === 0 && !isClaiming && !isScheduled && !isRung;
    },
    get slotsTaken() {
      return slotsTaken;
    },
    get slotsFree() {
      return Math.max(0, slotsFree());
    },
    get lastClaimAt() {
      return lastClaimAt;
    },
  };
}

/** What a claim brings after the pump was closed: given back without its handler having been called. */
function neverBegun(claimed: ClaimedRun): JobRun {
  let isLost = false;
  return {
    claimed,
    ended: Promise.resolve({ kind: "released" }),
    get isLost() {
      return isLost;
    },
    cancel: () => undefined,
    lose() {
      isLost = true;
    },
    release: () => undefined,
  };
}

/** What the handler does, and whom it calls, belongs to the span of the run. */
function tracedRun(claimed: ClaimedRun, { traceparent, carried }: RunSpan): TracedRun {
  return traceparent === null ? claimed : { ...claimed, traceparent, carried };
}

function jobKey(job: JobKey): string {
  return `${job.tenantId} ${job.jobId}`;
}
