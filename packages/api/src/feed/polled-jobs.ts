// What of a job is remembered between polls, so that one that has not changed is not read again, at most its version is.
//
// A job never changes without its version, so what was remembered with the present version is the present state. Where this
// process is told of every change before anybody else is (`areComplete`), what it was not told of has not changed, and nothing
// is read at all. Elsewhere the versions are read, of many polls together, after the poll has come.
import type { Change, Job, JobKey, JobWithPayloads, Store } from "@ringback/core";

/** What an answer without a body says of a job. Its payloads and metadata are not kept. */
export type PolledJob = Pick<
  Job,
  | "tenantId"
  | "id"
  | "kind"
  | "status"
  | "version"
  | "createdAt"
  | "runAt"
  | "startedAt"
  | "finishedAt"
  | "expiresAt"
  | "erasedAt"
>;

export interface PolledJobs {
  /** The job as it is now, when that is known without asking. */
  atOnce(key: JobKey): PolledJob | null;
  /** The same after a look at its version; null when it has to be read. Rejects as the store does. */
  look(key: JobKey): Promise<PolledJob | null>;
  /** Reads the job whole, and remembers it. Rejects as the store does. */
  read(key: JobKey): Promise<JobWithPayloads | null>;
}

export interface PolledJobsDeps {
  readonly reads: Pick<Store["reads"], "jobVersion">;
  readonly changes: Store["changes"];
  readonly read: (key: JobKey) => Promise<JobWithPayloads | null>;
  /** The most jobs remembered, about 300 bytes each; the one that was read longest ago goes first. */
  readonly jobsMax: number;
}

export function createPolledJobs({ reads, changes, read, jobsMax }: PolledJobsDeps): PolledJobs {
  /** By the job's id alone: two tenants' jobs of one id (of their own making) take turns. */
  const known = new Map<string, PolledJob>();
  let changesHeard = 0;

  // Never left: it lasts as long as the process.
  changes.subscribe((heard: readonly Change[]) => {
    changesHeard += 1;
    if (known.size === 0) return;
    for (const change of heard) if (change.kind === "job") known.delete(change.jobId);
  });

  const recall = ({ tenantId, jobId }: JobKey): PolledJob | null => {
    const job = known.get(jobId);
    return job?.tenantId === tenantId ? job : null;
  };

  const remember = (job: JobWithPayloads): void => {
    known.delete(job.id);
    known.set(job.id, factsOf(job));
    if (known.size <= jobsMax) return;
    const [oldest] = known.keys();
    if (oldest !== undefined) known.delete(oldest);
  };

  return {
    atOnce: (key) => (changes.areComplete() ? recall(key) : null),
    async look(key) {
      const job = recall(key);
      if (job === null) return null;
      return (await reads.jobVersion(key)) === job.version ? job : null;
    },
    async read(key) {
      const heardBefore = changesHeard;
      const job = await read(key);
      // One that was told meanwhile may be newer than what was read.
      if (job !== null && heardBefore === changesHeard) remember(job);
      return job;
    },
  };
}

function factsOf(job: JobWithPayloads): PolledJob {
  const { tenantId, id, kind, status, version, createdAt, runAt } = job;
  const { startedAt, finishedAt, expiresAt, erasedAt } = job;
  return {
    tenantId,
    id,
    kind,
    status,
    version,
    createdAt,
    runAt,
    startedAt,
    finishedAt,
    expiresAt,
    erasedAt,
  };
}
