// Leases due jobs to runners and applies what comes of their runs. Every write is fenced by the token of the claim.
import {
  afterRun,
  isTooLateToBegin,
  queueTimeoutError,
  type ClaimedRun,
  type Instant,
  type JobError,
  type RunEnd,
  type RunEnded,
  type RunExtension,
  type RunKey,
  type RunOutcome,
  type RunProgress,
  type RunStore,
} from "@ringback/core";
import type { Ground } from "../ground.ts";
import { jobOf, type JobRow } from "../nouns.ts";
import { inserter, rowReader, type RawRow } from "../rows.ts";
import { job, jobResult } from "../schema.ts";
import { begunRun, endedJob, noProgress } from "../states.ts";
import { createJobRows } from "./job-rows.ts";

export interface RunTransitions {
  claim(options: Parameters<RunStore["claim"]>[0]): ClaimedRun[];
  extend(
    runs: readonly RunKey[],
    options: { readonly now: Instant; readonly leaseMs: number },
  ): RunExtension[];
  reportProgress(items: readonly RunProgress[], now: Instant): ("written" | "lost")[];
  end(items: readonly RunEnd[], now: Instant): RunEnded[];
  failUnstarted(options: Parameters<RunStore["failUnstarted"]>[0]): number;
  failUnknownKinds(options: Parameters<RunStore["failUnknownKinds"]>[0]): number;
  /** Ends runs whose lease has run out, or whose holder is not `soleHolder`, as lost; at most `limit`. */
  recover(options: { readonly now: Instant; readonly soleHolder?: string; readonly limit: number }): number;
}

/** How far `failUnknownKinds` looks in each priority. Known kinds ahead of an unknown one are claimed in time, so it comes within reach. */
const unknownKindsLookedAtMax = 10_000;

export function createRunTransitions(ground: Ground): RunTransitions {
  const { client, effects, random } = ground;
  const jobs = createJobRows(ground);
  const reader = rowReader(job);
  const insertResult = inserter(client, jobResult);
  const nextPriority = client
    .prepare<[number], number>(
      "select priority from job where status = 'queued' and priority < ? order by priority desc limit 1",
    )
    .pluck();
  const selectDue = client.prepare<[number, Instant, string, number], RawRow>(
    `select ${reader.list} from job
     where status = 'queued' and priority = ? and due_at <= ? and kind in (select value from json_each(?))
     order by due_at, id limit ?`,
  );
  const selectUnknown = client.prepare<[number, Instant, number, string, number], RawRow>(
    `select ${reader.list} from job where rowid in (
       select found from (
         select rowid as found, kind from job where status = 'queued' and priority = ? and due_at <= ?
         order by due_at, id limit ?
       ) where kind not in (select value from json_each(?)) limit ?
     )`,
  );
  const selectUnstarted = client.prepare<[Instant, number], RawRow>(
    `select ${reader.list} from job where status = 'queued' and start_by is not null and start_by <= ?
     order by start_by limit ?`,
  );
  const selectLapsed = client.prepare<[Instant, string | null, number], RawRow>(
    `select ${reader.list} from job where status = 'running' and (lease_until <= ? or claimed_by <> ?)
     order by lease_until limit ?`,
  );
  const extend = client.prepare<[Instant, string, string, number], { canceled: number }>(
    `update job set lease_until = ? where tenant_id = ? and id = ? and token = ? and status = 'running'
     returning cancel_requested_at is not null as canceled`,
  );

  const held = ({ tenantId, jobId, token }: RunKey): JobRow | null => {
    const row = jobs.find(tenantId, jobId);
    return row?.status === "running" && row.token === token ? row : null;
  };

  /** What `select` finds in each priority in use, the greater first, until there are `limit`. */
  function byPriority(limit: number, select: (priority: number, wanted: number) => RawRow[]): JobRow[] {
    const rows: JobRow[] = [];
    let priority = nextPriority.get(Number.MAX_SAFE_INTEGER);
    while (priority !== undefined && rows.length < limit) {
      rows.push(...select(priority, limit - rows.length).map(reader.read));
      priority = nextPriority.get(priority);
    }
    return rows;
  }

  function begin(due: JobRow, lease: { holder: string; now: Instant; leaseUntil: Instant }): ClaimedRun {
    const { now, leaseUntil } = lease;
    const running = begunRun(due, lease);
    const row = jobs.advance(running, { type: "job.started" }, now);
    const { tenantId, token, runTimeoutMs, traceparent } = row;
    const common = { tenantId, jobId: row.id, token, runTimeoutMs, traceparent, leaseUntil };
    return { ...common, job: jobOf(row), input: jobs.inputOf(row), runNumber: row.runs };
  }

  function end(row: JobRow, outcome: RunOutcome, now: Instant): RunEnded {
    const next = afterRun(row, outcome, now, random);
    if (next.status === "queued") {
      const { dueAt, lostRuns, releasedRuns } = next;
      const freed = { ...row, status: next.status, claimedBy: null, leaseUntil: null };
      jobs.advance({ ...freed, ...noProgress, dueAt, lostRuns, releasedRuns }, null, now);
      effects.ringJobs(dueAt);
      return { status: "queued" };
    }
    if (next.status === "failed") {
      fail(row, next.error, now);
      return { status: "failed" };
    }
    const ended = endedJob(row, next, now);
    if (next.status === "succeeded") {
      const { result, resultUrl } = next;
      insertResult({ tenantId: row.tenantId, jobId: row.id, ...result });
      jobs.advance(ended, { type: "job.succeeded", result, resultUrl }, now);
    } else {
      jobs.advance(ended, { type: "job.canceled" }, now);
    }
    return { status: next.status };
  }

  function fail(row: JobRow, error: JobError, now: Instant): void {
    jobs.advance(endedJob(row, { status: "failed", error }, now), { type: "job.failed" }, now);
  }

  /** True when the job had waited too long, and has been failed for it. */
  function isGivenUp(due: JobRow, now: Instant): boolean {
    if (!isTooLateToBegin(due.startBy, now)) return false;
    fail(due, queueTimeoutError((due.startBy ?? now) - Math.max(due.createdAt, due.runAt ?? 0)), now);
    return true;
  }

  return {
    claim(options) {
      const { holder, kinds, limit, now, leaseMs } = options;
      const spelledKinds = JSON.stringify(kinds);
      const rows = byPriority(limit, (priority, wanted) =>
        selectDue.all(priority, now, spelledKinds, wanted),
      );
      const startable = rows.filter((row) => !isGivenUp(row, now));
      // What was given up may have stood before others that are due.
      if (rows.length === limit && startable.length < limit) effects.ringJobs(now);
      return startable.map((row) => begin(row, { holder, now, leaseUntil: now + leaseMs }));
    },
    extend: (runs, { now, leaseMs }) =>
      runs.map(({ tenantId, jobId, token }) => {
        const row = extend.get(now + leaseMs, tenantId, jobId, token);
        if (row === undefined) return "lost";
        return row.canceled === 0 ? "extended" : "cancel_requested";
      }),
    reportProgress: (items, now) =>
      items.map((item) => {
        const row = held(item);
        if (row === null) return "lost";
        const { percent: progressPercent, message: progressMessage } = item;
        jobs.advance({ ...row, progressPercent, progressMessage }, { type: "job.progress" }, now);
        return "written";
      }),
    end: (items, now) =>
      items.map((item) => {
        const row = held(item);
        return row === null ? { status: "lost" } : end(row, item.outcome, now);
      }),
    failUnstarted({ now, limit }) {
      const rows = selectUnstarted.all(now, limit).map(reader.read);
      return rows.filter((row) => isGivenUp(row, now)).length;
    },
    failUnknownKinds({ kinds, dueBefore, now, limit }) {
      const spelledKinds = JSON.stringify(kinds);
      const rows = byPriority(limit, (priority, wanted) =>
        selectUnknown.all(priority, dueBefore, unknownKindsLookedAtMax, spelledKinds, wanted),
      );
      for (const row of rows) {
        const message = `No process knows the kind "${row.kind}"; load a handlers module that defines it and submit the job again.`;
        fail(row, { code: "unknown_kind", message, run: row.runs }, now);
      }
      return rows.length;
    },
    recover({ now, soleHolder, limit }) {
      const rows = selectLapsed.all(now, soleHolder ?? null, limit).map(reader.read);
      for (const row of rows) end(row, { kind: "lost" }, now);
      return rows.length;
    },
  };
}
