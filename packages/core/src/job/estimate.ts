// How much longer a job is likely to take, from how long its kind took lately. Absent rather than guessed.
import type { Instant } from "../ports/time.ts";
import type { Job } from "./job.ts";

/** How long a job took that has succeeded: until its first run began, and from there to its end, retries included. */
export interface PastJob {
  readonly kind: string;
  readonly waitedMs: number;
  readonly ranMs: number;
}

/** How long jobs of one kind took, each list from the shortest to the longest. */
export interface Pace {
  /** From when the job could begin to its end. */
  readonly wholeMs: readonly number[];
  /** From its first run to its end. */
  readonly ranMs: readonly number[];
}

/** Fewer past jobs than this say nothing about the next one. */
export const pastJobsMin = 5;

/** The pace of every kind among them. */
export function pacesOf(past: readonly PastJob[]): ReadonlyMap<string, Pace> {
  const paces = new Map<string, { readonly wholeMs: number[]; readonly ranMs: number[] }>();
  for (const { kind, waitedMs, ranMs } of past) {
    const pace = paces.get(kind) ?? { wholeMs: [], ranMs: [] };
    pace.wholeMs.push(waitedMs + ranMs);
    pace.ranMs.push(ranMs);
    paces.set(kind, pace);
  }
  for (const pace of paces.values()) {
    pace.wholeMs.sort((left, right) => left - right);
    pace.ranMs.sort((left, right) => left - right);
  }
  return paces;
}

type Estimated = Pick<Job, "status" | "createdAt" | "runAt" | "startedAt">;

/**
 * Milliseconds until the end: the median (p50) of those past jobs that took longer than this one has taken so far, less what
 * it has taken. Null when the job is done, and when fewer than five such jobs are known: then nobody can tell.
 */
export function remainingMs(job: Estimated, pace: Pace, now: Instant): number | null {
  if (job.status !== "queued" && job.status !== "running") return null;
  // A job that is queued again after a failed run goes on with the time since its first one.
  if (job.startedAt !== null) return restOf(pace.ranMs, now - job.startedAt);
  const beginsAt = Math.max(job.createdAt, job.runAt ?? 0);
  const rest = restOf(pace.wholeMs, Math.max(0, now - beginsAt));
  return rest === null ? null : rest + Math.max(0, beginsAt - now);
}

/** Of two values in the middle the lower one. */
function restOf(sortedMs: readonly number[], elapsedMs: number): number | null {
  const first = firstAbove(sortedMs, elapsedMs);
  const longer = sortedMs.length - first;
  const middle = sortedMs[first + Math.floor((longer - 1) / 2)];
  return longer < pastJobsMin || middle === undefined ? null : middle - elapsedMs;
}

/** By halving. */
function firstAbove(sorted: readonly number[], value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
