// How jobs are likely to go on: where they stand in their tenant's queue, and how long their kind takes. Read from the rows
// in bounded looks, one per tenant, which many clients share; what cannot be known is left out.
import {
  pacesOf,
  positionsIn,
  waitingLookMax,
  remainingMs,
  type Clock,
  type Instant,
  type Job,
  type JobOutlook,
  type Pace,
  type ReadStore,
} from "@ringback/core";
import type { PolledJob } from "./polled-jobs.ts";
import { createSnapshots } from "./snapshots.ts";

export interface Outlooks {
  /** Never rejects: an answer is worth more than its outlook. */
  of(job: Job): Promise<JobOutlook>;
  /** From what is known already, for answers that wait for nothing. */
  atOnce(job: PolledJob): JobOutlook;
}

export interface OutlooksDeps {
  readonly reads: Pick<ReadStore, "waitingOf" | "pastJobsOf">;
  readonly clock: Clock;
}

/** Jobs of a tenant that are looked at for how long kinds take. */
const pastJobsLookedAt = 500;
/** How old a look may be that answers are given by. */
const lineFreshMs = 1_000;
const paceFreshMs = 10_000;
/** Tenants whose looks are kept. */
const tenantsMax = 500;

const noOutlook: JobOutlook = { position: null, remainingMs: null };

export function createOutlooks({ reads, clock }: OutlooksDeps): Outlooks {
  const lines = createSnapshots({
    read: async (tenantId) => positionsIn(await reads.waitingOf(tenantId, waitingLookMax + 1), clock.now()),
    freshMs: lineFreshMs,
    keptMax: tenantsMax,
    clock,
  });
  const paces = createSnapshots({
    read: async (tenantId) => pacesOf(await reads.pastJobsOf(tenantId, pastJobsLookedAt)),
    freshMs: paceFreshMs,
    keptMax: tenantsMax,
    clock,
  });

  return {
    async of(job) {
      if (job.finishedAt !== null) return noOutlook;
      const now = clock.now();
      const isWaiting = job.status === "queued" && (job.runAt ?? 0) <= now;
      const [positions, known] = await Promise.all([
        isWaiting ? lines.read(job.tenantId) : null,
        paces.read(job.tenantId),
      ]);
      return {
        position: positions?.get(job.id) ?? null,
        remainingMs: remainingOf(job, known?.get(job.kind), now),
      };
    },
    atOnce(job) {
      const known = paces.peek(job.tenantId);
      return { position: null, remainingMs: remainingOf(job, known?.get(job.kind), clock.now()) };
    },
  };
}

function remainingOf(job: PolledJob, pace: Pace | undefined, now: Instant): number | null {
  return pace === undefined ? null : remainingMs(job, pace, now);
}
