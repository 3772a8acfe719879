// What is answered for a job whose time is over: 410 with how it ended while the tombstone stands, then 404.
import { formatInstant, lifeOf, type Instant, type Job } from "@ringback/core";
import { notFound, refusal, type Refusal } from "../problems/refusal.ts";

/** Null while the job is kept. */
export function goneRefusal(
  job: Pick<Job, "id" | "status" | "finishedAt" | "expiresAt" | "erasedAt">,
  { now, tombstoneMs }: { readonly now: Instant; readonly tombstoneMs: number },
): Refusal | null {
  const life = lifeOf(job, now, tombstoneMs);
  if (life === "kept") return null;
  const { id, status, finishedAt, expiresAt } = job;
  if (life === "forgotten" || finishedAt === null || expiresAt === null) return notFound;
  const [finished, expired] = [formatInstant(finishedAt), formatInstant(expiresAt)];
  return refusal(
    "job-expired",
    `The job ${status} at ${finished.slice(0, 19)}Z; its input and result were erased at ${expired.slice(0, 19)}Z.`,
    { members: { job: { id, status, finishedAt: finished, expiresAt: expired } } },
  );
}
