// When a client should look again at a job that is not done: soon while it is young, less often as it grows old.
import type { Instant, Job } from "@ringback/core";

/** Whole seconds, 1 … 10, from the job's age; a job that is to run later is not worth asking for before. */
export function retryAfterSeconds(job: Pick<Job, "createdAt" | "runAt">, now: Instant): string {
  if (job.runAt !== null && job.runAt > now) return job.runAt - now > 10_000 ? "10" : "5";
  const ageMs = now - Math.max(job.createdAt, job.runAt ?? 0);
  if (ageMs < 10_000) return "1";
  if (ageMs < 60_000) return "2";
  return ageMs < 300_000 ? "5" : "10";
}
