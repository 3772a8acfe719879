// Leases due jobs to runners and applies what comes of their runs. Every write is fenced by the token of the claim.
import {
  afterRun,
  isTooLateToBegin,
  outcomeOfLapse,
  outsideHolders,
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
import { createKindRooms } from "../../kind-rooms.ts";
import { createRunningLimits } from "../../running-limits.ts";
import type { Ground } from "../ground.ts";
import { jobOf, type JobRow } from "../nouns.ts";
import { inserter, rowReader, type RawRow } from "../rows.ts";
import { job, jobResult } from "../schema.ts";
import { begunRun, endedJob, noProgress } from "../states.ts";
import { createJobRows } from "./job-rows.ts";
import { createTurns } from "./turns.ts";
import { createUnknownKinds } from "./unknown-kinds.ts";

export interface RunTransitions {
  claim(options: Parameters<RunStore["claim"]>[0]): ClaimedRun[];
  claimFor(options: Parameters<RunStore["claimFor"]>[0]): ClaimedRun[];
  handOver(runs: readonly (RunKey & { readonly until: Instant })[], now: Instant): ("handed_over" | "lost")[];
  extend(
    runs: readonly RunKey[],
    options: { readonly now: Instant; readonly leaseMs: number },
  ): RunExtension[];
  reportProgress(items: readonly RunProgress[], now: Instant): ("written" | "lost")[];
  end(items: readonly RunEnd[], now: Instant): RunEnded[];
  failUnstarted(options: Parameters<RunStore["failUnstarted"]>[0]): number;
  failUnknownKinds(options: Parameters<RunStore["failUnknownKinds"]>[0]): number;
  /** Ends runs whose lease has run out, or whose holder is another process than `soleHolder`; at most `limit`. */
  recover(options: { readonly now: Instant; readonly soleHolder?: string; readonly limit: number }): number;
}

export function createRunTransitions(ground: Ground): RunTransitions {
  const { client, effects, random } = ground;
  const jobs = createJobRows(ground);
  const limits = createRunningLimits();
  const turns = createTurns(ground, limits);
  const unknownKinds = createUnknownKinds(ground);
  const reader = rowReader(job);
  const insertResult = inserter(client, jobResult);
  const nextPriority = client
    .prepare<[number], number>(
      "select priority from job where status = 'queued' and priority < ? order by priority desc limit 1",
    )
    .pluck();
  const selectDueOf = client.prepare<[number, string, Instant, string, number], RawRow>(
    `select ${reader.list} from job
     where status = 'queued' and priority = ? and tenant_id = ? and due_at <= ?
       and kind in (select value from json_each(?))
     order by due_at, id limit ?`,
  );
  const countRunning = client
    .prepare<[string], number>("select count(*) from job where status = 'running' and kind = ?")
    .pluck();
  const selectUnstarted = client.prepare<[Instant, number], RawRow>(
    `select ${reader.list} from job where status = 'queued' and start_by is not null and start_by <= ?
     order by start_by limit ?`,
  );
  const selectLapsed = client.prepare<[Instant, string | null, number], RawRow>(
    `select ${reader.list} from job where status = 'running' and (lease_until <= ?
       or (claimed_by <> ? and claimed_by not in ('${outsideHolders.lease}', '${outsideHolders.upstream}')))
     order by lease_until limit ?`,
  );
  const extend = client.prepare<[Instant, string, string, number], { canceled: number }>(
    `update job set lease_until = ? where tenant_id = ? and id = ? and token = ? and status = 'running'
     returning cancel_requested_at is not null as canceled`,
  );

  const handOver = client.prepare<[string, Instant, string, string]>(
    "update job set claimed_by = ?, lease_until = ? where tenant_id = ? and id = ?",
  );

  const held = ({ tenantId, jobId, token }: RunKey): JobRow | null => {
    const row = jobs.find(tenantId, jobId);
    return row?.status === "running" && row.token === token ? row : null;
  };

  /** Has `take` take what it finds in each priority in use, the greater first, until there are `limit`. */
  function byPriority(limit: number, take: (priority: number, wanted: number) => number): void {
    let priority = nextPriority.get(Number.MAX_SAFE_INTEGER);
    for (let left = limit; priority !== undefined && left > 0;) {
      left -= take(priority, left);
      priority = nextPriority.get(priority);
    }
  }

  function roomsOf(most: Readonly<Record<string, number>>): Map<string, number> {
    return new Map(Object.entries(most).map(([kind, max]) => [kind, max - (countRunning.get(kind) ?? 0)]));
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
    if (limits.concern(row)) effects.ringJobs(now);
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

  function beginAll(
    due: readonly JobRow[],
    lease: { holder: string; limit: number; now: Instant; leaseUntil: Instant },
  ): ClaimedRun[] {
    const { limit, now } = lease;
    const startable = due.filter((row) => !isGivenUp(row, now));
    // What was given up may have stood before others that are due.
    if (due.length === limit && startable.length < limit) effects.ringJobs(now);
    return startable.map((row) => begin(row, lease));
  }

  return {
    claim(options) {
      const { holder, kinds, limit, now, leaseMs, tenantRunningMax } = options;
      limits.claimedWith(options);
      const lease = { holder, now, leaseUntil: now + leaseMs };
      const claimed: ClaimedRun[] = [];
      let taken = 0;
      const take = {
        kinds: createKindRooms(kinds, roomsOf(options.kindRunningMax ?? {})),
        now,
        tenantRunningMax,
        begin(row: JobRow): boolean {
          taken += 1;
          if (isGivenUp(row, now)) return false;
          claimed.push(begin(row, lease));
          return true;
        },
      };
      byPriority(limit, (priority, wanted) => turns.take(priority, wanted, take));
      // What was given up may have stood before others that are due, and has taken the places of its tenant and kind.
      if (claimed.length < taken) effects.ringJobs(now);
      return claimed;
    },
    claimFor({ tenantId, kinds, limit, now, leaseMs }) {
      const spelledKinds = JSON.stringify(kinds);
      const rows: JobRow[] = [];
      byPriority(limit, (priority, wanted) => {
        const found = selectDueOf.all(priority, tenantId, now, spelledKinds, wanted).map(reader.read);
        rows.push(...found);
        return found.length;
      });
      return beginAll(rows, { holder: outsideHolders.lease, limit, now, leaseUntil: now + leaseMs });
    },
    handOver: (runs, now) =>
      runs.map((run) => {
        const row = held(run);
        if (row === null) return "lost";
        if (row.cancelRequestedAt !== null) end(row, { kind: "canceled" }, now);
        else handOver.run(outsideHolders.upstream, run.until, row.tenantId, row.id);
        return "handed_over";
      }),
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
      const asked = { dueBefore, spelledKinds: JSON.stringify(kinds) };
      const rows: JobRow[] = [];
      byPriority(limit, (priority, wanted) => {
        const found = unknownKinds(priority, wanted, asked);
        rows.push(...found);
        return found.length;
      });
      for (const row of rows) {
        const message = `No process knows the kind "${row.kind}"; load a handlers module that defines it and submit the job again.`;
        fail(row, { code: "unknown_kind", message, run: row.runs }, now);
      }
      return rows.length;
    },
    recover({ now, soleHolder, limit }) {
      const rows = selectLapsed.all(now, soleHolder ?? null, limit).map(reader.read);
      for (const row of rows) end(row, outcomeOfLapse(row.claimedBy), now);
      return rows.length;
    },
  };
}
