// When a client should look again at a job that is not done: by how long its kind takes, or, while that is unknown, soon
// while the job is young and less often as it grows old.
import type { Instant, Job } from "@ringback/core";

/** Half of what is left is looked at again, so that the end is found soon after it without many questions. */
const secondsMax = 30;

/** Whole seconds: 1 … 30 by `remainingMs`, else 1 … 10 by age. A job that is to run later is not worth asking for before. */
export function retryAfterSeconds(
  job: Pick<Job, "createdAt" | "runAt">,
  now: Instant,
  remainingMs: number | null = null,
): string {
  if (remainingMs !== null) return String(Math.min(secondsMax, Math.max(1, Math.ceil(remainingMs / 2_000))));
  if (job.runAt !== null && job.runAt > now) return job.runAt - now > 10_000 ? "10" : "5";
  const ageMs = now - Math.max(job.createdAt, job.runAt ?? 0);
  if (ageMs < 10_000) return "1";
  if (ageMs < 60_000) return "2";
  return ageMs < 300_000 ? "5" : "10";
}
