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
import { readEndpointBook } from "../endpoint-book.ts";
import { keyOf } from "../draft.ts";
import type { Ground } from "../ground.ts";
import { jobOf, type JobRow } from "../nouns.ts";
import { begunRun, endedJob, noProgress } from "../states.ts";
import type { AtTime } from "../at-time.ts";
import {
  createJobBook,
  itsInput,
  jobColumns,
  lockJobsOf,
  readJob,
  type JobBook,
  type LoadedJob,
} from "./job-book.ts";
import { takeInTurn, usedPairs } from "./turns.ts";

export interface Lease<Key> {
  readonly key: Key;
  readonly leaseUntil: Instant;
}

/** How far `failUnknownKinds` looks with each tenant. Known kinds ahead of an unknown one are claimed in time, so it comes within reach. */
const unknownKindsLookedAtMax = 1_000;

/** The priorities in use, the greater first: the claim's index begins with the priority, so each costs one seek. */
const usedPriorities = `with recursive used(priority) as (
    (select j.priority from job as j where j.status = 'queued' order by j.priority desc limit 1)
    union all
    select (select j.priority from job as j where j.status = 'queued' and j.priority < used.priority
      order by j.priority desc limit 1)
    from used where used.priority is not null
  )`;

// What another process is claiming at the moment is passed over.
const claimDueOf = `${usedPriorities} select ${jobColumns}
  from (
    select found.* from used cross join lateral (
      select j.* from job as j
      where j.status = 'queued' and j.priority = used.priority and j.tenant_id = $4 and j.due_at <= $1
        and j.kind = any($2::text[])
      order by j.due_at, j.id limit $3 for no key update skip locked
    ) as found where used.priority is not null limit $3
  ) as t ${itsInput}`;

const claimUnknown = `${usedPairs} select ${jobColumns}
  from (
    select found.* from used cross join lateral (
      select j.* from job as j where (j.tenant_id, j.id) in (
        select tenant_id, id from (
          select tenant_id, id, kind from job where status = 'queued' and priority = used.priority
            and tenant_id = used.tenant_id and due_at <= $1
          order by due_at, id limit ${unknownKindsLookedAtMax}
        ) as looked_at where kind <> all($2::text[]) limit $3
      ) and j.status = 'queued' for no key update skip locked
    ) as found limit $3
  ) as t ${itsInput}`;

const lockLapsed = `select ${jobColumns} from (
    select j.* from job as j
    where j.status = 'running' and (j.lease_until <= $1
      or (j.claimed_by <> $2 and j.claimed_by not in ('${outsideHolders.lease}', '${outsideHolders.upstream}')))
    order by j.lease_until limit $3 for no key update skip locked
  ) as t ${itsInput}`;

const lockUnstarted = `select ${jobColumns} from (
    select j.* from job as j where j.status = 'queued' and j.start_by is not null and j.start_by <= $1
    order by j.start_by limit $2 for no key update skip locked
  ) as t ${itsInput}`;

const extend = `update job as t set lease_until = v.until
  from json_to_recordset($1::json) as v("tenantId" text, "jobId" text, token bigint, until bigint)
  where t.tenant_id = v."tenantId" and t.id = v."jobId" and t.token = v.token and t.status = 'running'
  returning t.tenant_id as "tenantId", t.id as "jobId", t.token, t.cancel_requested_at is not null as canceled`;

export async function claimRuns(
  ground: Ground,
  options: Parameters<RunStore["claim"]>[0],
): Promise<ClaimedRun[]> {
  const { jobs, endpoints } = await takeInTurn(ground.transaction, options, ground.turns);
  return begin(ground, createJobBook(ground, jobs, endpoints), jobs, options);
}

export async function claimRunsFor(
  ground: Ground,
  options: Parameters<RunStore["claimFor"]>[0],
): Promise<ClaimedRun[]> {
  const { tenantId, kinds, limit, now } = options;
  const [found, endpoints] = await Promise.all([
    ground.transaction.ask(claimDueOf, [now, kinds, limit, tenantId]),
    readEndpointBook(ground.transaction, [tenantId]),
  ]);
  const jobs = found.map(readJob);
  const lease = { ...options, holder: outsideHolders.lease };
  return begin(ground, createJobBook(ground, jobs, endpoints), jobs, lease);
}

function begin(
  ground: Ground,
  jobs: JobBook,
  found: readonly LoadedJob[],
  lease: {
    readonly holder: string;
    readonly now: Instant;
    readonly leaseMs: number;
  },
): ClaimedRun[] {
  const { holder, now } = lease;
  const leaseUntil = now + lease.leaseMs;
  const loaded = found.toSorted(byUrgency);
  const startable = loaded.filter(({ row }) => !isGivenUp({ ground, jobs, now }, row));
  // What was given up may have stood before others that are due, and has taken the places of its tenant and kind.
  if (startable.length < loaded.length) ground.effects.ringJobs(now);
  return startable.map(({ row: due, input }) => {
    const begun = begunRun(due, { holder, now, leaseUntil });
    const row = jobs.advance(begun, { type: "job.started" }, now);
    const { tenantId, token, runTimeoutMs, traceparent } = row;
    const common = { tenantId, jobId: row.id, token, runTimeoutMs, traceparent, leaseUntil };
    return { ...common, job: jobOf(row), input, runNumber: row.runs };
  });
}

/** Hands held runs over to their upstreams; one whose cancellation was requested ends instead. */
export async function handOverRuns(
  ground: Ground,
  items: readonly AtTime<RunKey & { readonly until: Instant }>[],
): Promise<("handed_over" | "lost")[]> {
  const jobs = await lockedBook(ground, items);
  return items.map(({ item, now }) => {
    const row = heldRow(jobs, item);
    if (row === null) return "lost";
    if (row.cancelRequestedAt !== null) end({ ground, jobs, now }, row, { kind: "canceled" });
    else jobs.advance({ ...row, claimedBy: outsideHolders.upstream, leaseUntil: item.until }, null, now);
    return "handed_over";
  });
}

export async function extendRuns(ground: Ground, leases: readonly Lease<RunKey>[]): Promise<RunExtension[]> {
  const { transaction } = ground;
  await transaction.ask(
    `select 1 from job where (tenant_id, id) in (select * from unnest($1::text[], $2::text[]))
     order by tenant_id, id for no key update`,
    [leases.map(({ key }) => key.tenantId), leases.map(({ key }) => key.jobId)],
  );
  const asked = leases.map(({ key: { tenantId, jobId, token }, leaseUntil }) => ({
    tenantId,
    jobId,
    token,
    until: leaseUntil,
  }));
  const rows = await transaction.ask<RunKey & { canceled: boolean }>(extend, [JSON.stringify(asked)]);
  const extended = new Map(
    rows.map((row) => [`${row.token} ${keyOf(row.tenantId, row.jobId)}`, row.canceled]),
  );
  return leases.map(({ key }) => {
    const canceled = extended.get(`${key.token} ${keyOf(key.tenantId, key.jobId)}`);
    if (canceled === undefined) return "lost";
    return canceled ? "cancel_requested" : "extended";
  });
}

export async function reportProgress(
  ground: Ground,
  items: readonly AtTime<RunProgress>[],
): Promise<("written" | "lost")[]> {
  const jobs = await lockedBook(ground, items);
  return items.map(({ item, now }) => {
    const row = heldRow(jobs, item);
    if (row === null) return "lost";
    const { percent: progressPercent, message: progressMessage } = item;
    jobs.advance({ ...row, progressPercent, progressMessage }, { type: "job.progress" }, now);
    return "written";
  });
}

export async function endRuns(ground: Ground, items: readonly AtTime<RunEnd>[]): Promise<RunEnded[]> {
  const jobs = await lockedBook(ground, items);
  return items.map(({ item, now }) => {
    const row = heldRow(jobs, item);
    return row === null ? { status: "lost" } : end({ ground, jobs, now }, row, item.outcome);
  });
}

/** Ends runs whose lease has run out, or whose holder is another process than `soleHolder`; at most `limit`. */
export async function recoverRuns(
  ground: Ground,
  options: { readonly now: Instant; readonly soleHolder?: string; readonly limit: number },
): Promise<number> {
  const { now, soleHolder, limit } = options;
  const loaded = (await ground.transaction.ask(lockLapsed, [now, soleHolder ?? null, limit])).map(readJob);
  const jobs = await bookOf(ground, loaded);
  for (const { row } of loaded) end({ ground, jobs, now }, row, outcomeOfLapse(row.claimedBy));
  return loaded.length;
}

export async function failUnstarted(
  ground: Ground,
  { now, limit }: Parameters<RunStore["failUnstarted"]>[0],
): Promise<number> {
  const loaded = (await ground.transaction.ask(lockUnstarted, [now, limit])).map(readJob);
  const jobs = await bookOf(ground, loaded);
  return loaded.filter(({ row }) => isGivenUp({ ground, jobs, now }, row)).length;
}

export async function failUnknownKinds(
  ground: Ground,
  options: Parameters<RunStore["failUnknownKinds"]>[0],
): Promise<number> {
  const { kinds, dueBefore, now, limit } = options;
  const loaded = (await ground.transaction.ask(claimUnknown, [dueBefore, kinds, limit])).map(readJob);
  const jobs = await bookOf(ground, loaded);
  for (const { row } of loaded) {
    const message = `No process knows the kind "${row.kind}"; load a handlers module that defines it and submit the job again.`;
    fail({ ground, jobs, now }, row, { code: "unknown_kind", message, run: row.runs });
  }
  return loaded.length;
}

async function lockedBook(ground: Ground, items: readonly AtTime<RunKey>[]): Promise<JobBook> {
  const keys = items.map(({ item }) => item);
  const [loaded, endpoints] = await Promise.all([
    lockJobsOf(ground, keys),
    readEndpointBook(
      ground.transaction,
      keys.map(({ tenantId }) => tenantId),
    ),
  ]);
  return createJobBook(ground, loaded, endpoints);
}

async function bookOf(ground: Ground, loaded: readonly LoadedJob[]): Promise<JobBook> {
  const tenantIds = loaded.map(({ row }) => row.tenantId);
  return createJobBook(ground, loaded, await readEndpointBook(ground.transaction, tenantIds));
}

function heldRow(jobs: JobBook, key: RunKey): JobRow | null {
  const row = jobs.find(key)?.row;
  return row?.status === "running" && row.token === key.token ? row : null;
}

interface Ending {
  readonly ground: Ground;
  readonly jobs: JobBook;
  readonly now: Instant;
}

function end(ending: Ending, row: JobRow, outcome: RunOutcome): RunEnded {
  const { ground, jobs, now } = ending;
  const next = afterRun(row, outcome, now, ground.random);
  if (ground.turns.limits.concern(row)) ground.effects.ringJobs(now);
  if (next.status === "queued") {
    const { dueAt, lostRuns, releasedRuns } = next;
    const freed = { ...row, status: next.status, claimedBy: null, leaseUntil: null };
    jobs.advance({ ...freed, ...noProgress, dueAt, lostRuns, releasedRuns }, null, now);
    ground.effects.ringJobs(dueAt);
    return { status: "queued" };
  }
  if (next.status === "failed") {
    fail(ending, row, next.error);
    return { status: "failed" };
  }
  const ended = endedJob(row, next, now);
  if (next.status === "succeeded") {
    const { result, resultUrl } = next;
    ground.draft.insertResult({ tenantId: row.tenantId, jobId: row.id, ...result });
    jobs.advance(ended, { type: "job.succeeded", result, resultUrl }, now);
  } else {
    jobs.advance(ended, { type: "job.canceled" }, now);
  }
  return { status: next.status };
}

function fail({ jobs, now }: Ending, row: JobRow, error: JobError): void {
  jobs.advance(endedJob(row, { status: "failed", error }, now), { type: "job.failed" }, now);
}

/** True when the job had waited too long, and has been failed for it. */
function isGivenUp(ending: Ending, due: JobRow): boolean {
  const { now } = ending;
  if (!isTooLateToBegin(due.startBy, now)) return false;
  fail(ending, due, queueTimeoutError((due.startBy ?? now) - Math.max(due.createdAt, due.runAt ?? 0)));
  return true;
}

function byUrgency({ row: a }: LoadedJob, { row: b }: LoadedJob): number {
  if (a.priority !== b.priority) return b.priority - a.priority;
  if (a.dueAt !== b.dueAt) return (a.dueAt ?? 0) - (b.dueAt ?? 0);
  return a.id < b.id ? -1 : 1;
}
