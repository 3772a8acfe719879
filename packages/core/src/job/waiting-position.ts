// Where a job stands among those of its tenant that wait: 1 is next. It says nothing about other tenants.
import type { Instant } from "../ports/time.ts";

/** A job that waits for its next run. */
export interface WaitingJob {
  readonly jobId: string;
  readonly priority: number;
  readonly dueAt: Instant;
}

/** How many waiting jobs of a tenant are looked at; with more than that, nobody's position is known. */
export const waitingLookMax = 1_000;

/**
 * The positions of all jobs that are due, by id: priority, then due time, then id, which is the order in which they are
 * claimed. A job that is to run later has none. `waiting` is all that waits; when it is longer than `waitingLookMax`, it may not
 * be all, and the answer is empty.
 */
export function positionsIn(waiting: readonly WaitingJob[], now: Instant): ReadonlyMap<string, number> {
  if (waiting.length > waitingLookMax) return new Map();
  const due = waiting.filter(({ dueAt }) => dueAt <= now).toSorted(byUrgency);
  return new Map(due.map(({ jobId }, at) => [jobId, at + 1]));
}

function byUrgency(left: WaitingJob, right: WaitingJob): number {
  if (left.priority !== right.priority) return right.priority - left.priority;
  if (left.dueAt !== right.dueAt) return left.dueAt - right.dueAt;
  return left.jobId < right.jobId ? -1 : 1;
}
