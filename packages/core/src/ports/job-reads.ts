// Reads of jobs that serve many clients at once: what waits, how long jobs take, and what has changed.
import type { PastJob } from "../job/estimate.ts";
import type { JobWithPayloads } from "../job/job.ts";
import type { WaitingJob } from "../job/waiting-position.ts";
import type { JobKey } from "./intake-store.ts";

/** Most keys in one of the reads that take a list. */
export const readKeysMax = 500;

export interface JobReads {
  /** A job with the hash of the request that named its id, null when none did; null when there is no such job. */
  findByOwnId(
    tenantId: string,
    jobId: string,
  ): Promise<{ readonly requestHash: string | null; readonly job: JobWithPayloads } | null>;
  /** The version of one job, null when it is unknown; for those of whom many ask at once. */
  jobVersion(key: JobKey): Promise<number | null>;
  /** The version of each job, in the order asked; null for one that is unknown. At most `readKeysMax`. */
  jobVersions(keys: readonly JobKey[]): Promise<readonly (number | null)[]>;
  /** What waits of a tenant's jobs, the oldest first, at most `limit`. */
  waitingOf(tenantId: string, limit: number): Promise<readonly WaitingJob[]>;
  /** How long a tenant's jobs took that have succeeded, of the `limit` that were made last. */
  pastJobsOf(tenantId: string, limit: number): Promise<readonly PastJob[]>;
  /** Jobs of all tenants that are queued or running. */
  unfinishedJobs(): Promise<number>;
  /** The `seq` of each tenant's newest event, in the order asked; 0 without one. At most `readKeysMax`. */
  feedHeads(tenantIds: readonly string[]): Promise<readonly number[]>;
}
