// Small stand-ins for what the runner is given: a log that is kept, steady randomness, and jobs.
import type { ClaimedRun, Job, Log, LogFields, Random } from "@ringback/core";

export interface KeptLog extends Log {
  readonly lines: { readonly level: string; readonly event: string; readonly fields: LogFields }[];
  readonly events: () => string[];
}

export function createKeptLog(): KeptLog {
  const lines: KeptLog["lines"] = [];
  const at =
    (level: string) =>
    (event: string, fields: LogFields = {}): void =>
      void lines.push({ level, event, fields });
  return {
    lines,
    events: () => lines.map((line) => line.event),
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
  };
}

export const steadyRandom: Random = {
  bytes: (count) => new Uint8Array(count),
  unit: () => 0.5,
};

export function makeJob(id: string, options: Partial<Job> = {}): Job {
  return {
    tenantId: "default",
    id,
    kind: "work",
    status: "running",
    priority: 0,
    metadata: {},
    progress: null,
    error: null,
    runs: 1,
    callback: null,
    createdAt: 0,
    runAt: null,
    startedAt: null,
    finishedAt: null,
    expiresAt: null,
    erasedAt: null,
    resultErasedAt: null,
    cancelRequestedAt: null,
    version: 1,
    ...options,
  };
}

export function makeClaimed(id: string, options: Partial<ClaimedRun> = {}): ClaimedRun {
  return {
    tenantId: "default",
    jobId: id,
    token: 1,
    job: makeJob(id),
    input: null,
    runNumber: 1,
    runTimeoutMs: 60_000,
    leaseUntil: 30_000,
    traceparent: null,
    ...options,
  };
}
