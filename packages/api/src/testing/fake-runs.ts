// The runs of the fake store that the lease and completion routes use: one holder per job, fenced by a token.
import {
  isDone,
  type ClaimedRun,
  type JobStatus,
  type JobWithPayloads,
  type RunEnd,
  type RunKey,
  type RunProgress,
  type Store,
} from "@ringback/core";

export interface FakeRuns {
  readonly runs: Store["runs"];
  /** Every end that was recorded. */
  readonly ends: RunEnd[];
  readonly reports: RunProgress[];
  /** The token of each job's newest run. */
  readonly tokens: Map<string, number>;
}

export interface FakeRunsDeps {
  readonly jobs: ReadonlyMap<string, JobWithPayloads>;
  readonly changeJob: (id: string, change: Partial<JobWithPayloads>) => void;
  readonly check: () => void;
}

export function createFakeRuns({ jobs, changeJob, check }: FakeRunsDeps): FakeRuns {
  const ends: RunEnd[] = [];
  const reports: RunProgress[] = [];
  const tokens = new Map<string, number>();
  const held = ({ tenantId, jobId, token }: RunKey): JobWithPayloads | null => {
    const job = jobs.get(jobId);
    const isHeld = job?.tenantId === tenantId && job.status === "running" && tokens.get(jobId) === token;
    return isHeld ? job : null;
  };
  const claimed = (job: JobWithPayloads, leaseUntil: number): ClaimedRun => {
    const token = (tokens.get(job.id) ?? 0) + 1;
    tokens.set(job.id, token);
    changeJob(job.id, { status: "running", runs: job.runs + 1 });
    const { tenantId, id: jobId, input = null } = job;
    const common = { tenantId, jobId, token, input, leaseUntil, runTimeoutMs: 60_000, traceparent: null };
    return { ...common, job: jobs.get(jobId) ?? job, runNumber: job.runs + 1 };
  };
  const end = (item: RunEnd): { readonly status: JobStatus | "lost" } => {
    const job = held(item);
    if (job === null) return { status: "lost" };
    ends.push(item);
    const { kind } = item.outcome;
    const status = kind === "released" || kind === "lost" ? "queued" : kind;
    changeJob(item.jobId, { status });
    return { status };
  };
  const refuse = (): Promise<never> => Promise.reject(new Error("the api does not call this"));
  const runs: Store["runs"] = {
    claim: refuse,
    handOver: refuse,
    failUnknownKinds: refuse,
    failUnstarted: refuse,
    async claimFor({ tenantId, kinds, limit, now, leaseMs }) {
      check();
      return [...jobs.values()]
        .filter((job) => job.tenantId === tenantId && job.status === "queued" && kinds.includes(job.kind))
        .slice(0, limit)
        .map((job) => claimed(job, now + leaseMs));
    },
    extend: async (keys) =>
      keys.map((key) => {
        const job = held(key);
        if (job === null || isDone(job.status)) return "lost";
        return job.cancelRequestedAt === null ? "extended" : "cancel_requested";
      }),
    async reportProgress(items) {
      reports.push(...items);
      return items.map(() => "written");
    },
    end: async (items) => items.map(end),
  };
  return { runs, ends, reports, tokens };
}
