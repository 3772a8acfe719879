// Measures how long jobs wait, runs take and attempts last, between the rooms and the store: no room knows of it.
import type { ClaimedRun, Instant, Store } from "@ringback/core";
import type { Histogram } from "./families.ts";

export interface Durations {
  readonly queued: Histogram;
  readonly run: Histogram;
  readonly attempt: Histogram;
}

/** Runs whose beginning is remembered; of those above it the duration is not known. */
const runsMax = 20_000;

export function measuredStore(store: Store, { queued, run, attempt }: Durations): Store {
  /** When runs began that are held through this process, by job and token. */
  const begun = new Map<string, Instant>();

  function began(claimed: readonly ClaimedRun[], now: Instant): void {
    for (const { jobId, token, job, runNumber } of claimed) {
      if (begun.size < runsMax) begun.set(`${jobId} ${token}`, now);
      if (runNumber === 1) queued.observe(Math.max(0, now - Math.max(job.createdAt, job.runAt ?? 0)) / 1_000);
    }
  }

  const { runs, lanes } = store;
  return {
    ...store,
    runs: {
      ...runs,
      async claim(asked) {
        const claimed = await runs.claim(asked);
        began(claimed, asked.now);
        return claimed;
      },
      async claimFor(asked) {
        const claimed = await runs.claimFor(asked);
        began(claimed, asked.now);
        return claimed;
      },
      async end(items, now) {
        const answers = await runs.end(items, now);
        for (const { jobId, token } of items) {
          const key = `${jobId} ${token}`;
          const since = begun.get(key);
          if (since !== undefined) run.observe(Math.max(0, now - since) / 1_000);
          begun.delete(key);
        }
        return answers;
      },
    },
    lanes: {
      ...lanes,
      recordAttempts(items, now) {
        for (const { durationMs } of items) attempt.observe(durationMs / 1_000);
        return lanes.recordAttempts(items, now);
      },
    },
  };
}
