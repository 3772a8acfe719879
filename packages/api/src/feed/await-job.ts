// Waits until a job is as somebody wants it, or the time is over: read, wait for a change, read again.
import type { JobKey, JobWithPayloads } from "@ringback/core";
import type { SharedReads } from "./shared-reads.ts";
import type { Waiters, Waking } from "./waiters.ts";

export interface AwaitedJob {
  readonly key: JobKey;
  readonly waitMs: number;
  /** Fires when the client has gone. */
  readonly signal: AbortSignal;
  /** True when there is nothing more to wait for. */
  readonly isEnough: (job: JobWithPayloads) => boolean;
}

export interface AwaitJobDeps {
  readonly jobReads: SharedReads<JobKey, JobWithPayloads | null>;
  readonly waiters: Waiters;
  readonly monotonicMs: () => number;
}

export interface Awaited {
  /** As it is now; null when it no longer is. */
  readonly job: JobWithPayloads | null;
  /** Why the wait ended: `changed` when the job is as wanted, `full` when as many wait as may. */
  readonly why: Waking | "full";
}

/** Rejects as the store does. */
export async function awaitJob(awaited: AwaitedJob, deps: AwaitJobDeps): Promise<Awaited> {
  const { key, waitMs, signal, isEnough } = awaited;
  const { jobReads, waiters, monotonicMs } = deps;
  const waiter = waiters.join(key);
  if (waiter === null) return { job: await jobReads.read(key), why: "full" };
  const leave = (): void => waiter.end();
  signal.addEventListener("abort", leave);
  try {
    const untilMs = monotonicMs() + waitMs;
    let job = await jobReads.read(key);
    while (job !== null && !isEnough(job)) {
      const why = await waiter.next(Math.max(0, untilMs - monotonicMs()), job.version);
      if (why === "aborted") return { job, why };
      job = await jobReads.read(key);
      if (why !== "changed") return { job, why: job !== null && isEnough(job) ? "changed" : why };
    }
    return { job, why: "changed" };
  } finally {
    signal.removeEventListener("abort", leave);
    waiter.end();
  }
}
