// How long a job is kept once it is done: with its payloads until `expiresAt`, then as a tombstone that still says how it
// ended, then not at all. Readers are told by these times, whenever the sweep gets round to the rows.
import type { Instant } from "../ports/time.ts";
import type { Job } from "./job.ts";

const dayMs = 24 * 3_600_000;

/** How long input and result are kept after the end, unless the job says otherwise; in milliseconds. */
export const resultTtlDefaultMs = dayMs;
export const resultTtlMinMs = 1_000;
export const resultTtlMaxMs = 30 * dayMs;

/** How long the tombstone stays after that; in milliseconds. */
export const tombstoneDefaultMs = 30 * dayMs;

/** `kept`: all there. `expired`: only how it ended is known. `forgotten`: as if it had never been. */
export type JobLife = "kept" | "expired" | "forgotten";

/** A job whose payloads a process with a faster clock has erased is expired, whatever the clock here says. */
export function lifeOf(job: Pick<Job, "expiresAt" | "erasedAt">, now: Instant, tombstoneMs: number): JobLife {
  if (job.expiresAt === null) return "kept";
  if (now >= job.expiresAt + tombstoneMs) return "forgotten";
  return now >= job.expiresAt || job.erasedAt !== null ? "expired" : "kept";
}

/** When a job's payloads are to be erased that ends at `finishedAt`. */
export function expiryOf(finishedAt: Instant, resultTtlMs: number): Instant {
  return finishedAt + resultTtlMs;
}
