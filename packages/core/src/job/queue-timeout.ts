// The queue timeout: how long a job may wait for its first run. It is counted from when the job could begin.
import type { Instant } from "../ports/time.ts";
import type { JobError } from "./job.ts";

/** The longest queue timeout; in milliseconds. */
export const queueTimeoutMaxMs = 30 * 24 * 3_600_000;

/** The instant from which a job that has not begun is given up; null without a timeout. `dueAt` is when it could begin. */
export function startByOf(dueAt: Instant, queueTimeoutMs: number | null): Instant | null {
  return queueTimeoutMs === null ? null : dueAt + queueTimeoutMs;
}

/** True when the job must not begin any more. */
export function isTooLateToBegin(startBy: Instant | null, now: Instant): boolean {
  return startBy !== null && startBy <= now;
}

/** How a job ends that waited too long. */
export function queueTimeoutError(waitedMs: number): JobError {
  const message = `No run began within ${waitedMs} ms, which is the job's queueTimeoutMs.`;
  return { code: "queue_timeout", message, run: 0 };
}
