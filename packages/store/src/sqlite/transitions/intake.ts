// Accepts jobs, with their idempotency keys, and cancels them.
import {
  isDone,
  type Acceptance,
  type Accepted,
  type CancelAnswer,
  type Instant,
  type JobKey,
  type JobWithPayloads,
  type NewJob,
} from "@ringback/core";
import type { Ground } from "../ground.ts";
import { jobOf, type JobRow } from "../nouns.ts";
import { inserter, rowReader, type RawRow } from "../rows.ts";
import { idempotency, job, jobInput } from "../schema.ts";
import { createJobRows } from "./job-rows.ts";

export interface IntakeTransitions {
  acceptJobs(items: readonly Acceptance[], now: Instant): Accepted[];
  cancelJobs(items: readonly JobKey[], now: Instant): CancelAnswer[];
}

export function createIntakeTransitions(ground: Ground): IntakeTransitions {
  const { client, effects, endpoints } = ground;
  const jobs = createJobRows(ground);
  const insertJob = inserter(client, job);
  const insertInput = inserter(client, jobInput);
  const keyReader = rowReader(idempotency);
  const selectKey = client.prepare<[string, string, Instant], RawRow>(
    `select ${keyReader.list} from idempotency where tenant_id = ? and key = ? and expires_at > ?`,
  );
  // Only an expired key is still there when a key is written.
  const insertKey = inserter(
    client,
    idempotency,
    `on conflict (tenant_id, key) do update set request_hash = excluded.request_hash, job_id = excluded.job_id,
       created_at = excluded.created_at, expires_at = excluded.expires_at`,
  );
  const requestCancel = client.prepare<[Instant, string, string], RawRow>(
    `update job set cancel_requested_at = ?, version = version + 1
     where tenant_id = ? and id = ? and status = 'running' and cancel_requested_at is null`,
  );

  const withPayloads = (row: JobRow): JobWithPayloads => ({
    ...jobOf(row),
    input: jobs.inputOf(row),
    result: jobs.resultOf(row),
  });

  function earlier(item: Acceptance, now: Instant): Accepted | null {
    if (item.idempotency === null) return null;
    const { tenantId } = item.job;
    const raw = selectKey.get(tenantId, item.idempotency.key, now);
    if (raw === undefined) return null;
    const { requestHash, jobId } = keyReader.read(raw);
    if (requestHash !== item.idempotency.requestHash) return { kind: "key_reused", requestHash, jobId };
    const row = jobs.find(tenantId, jobId);
    return row === null ? null : { kind: "replayed", job: withPayloads(row) };
  }

  function accept(item: Acceptance, now: Instant): Accepted {
    const known = earlier(item, now);
    if (known !== null) return known;
    const { job: asked, idempotency: key } = item;
    const { tenantId, id, input, callback } = asked;
    if (callback !== null && "endpointId" in callback) {
      if (endpoints.find(tenantId, callback.endpointId) === undefined) return { kind: "no_endpoint" };
    }
    const announcement = jobs.announce(firstRow(item, now, ground), "job.queued");
    const { row } = announcement;
    insertJob(row);
    if (input !== null) insertInput({ tenantId, jobId: id, body: input });
    if (key !== null) {
      const { requestHash, expiresAt } = key;
      insertKey({ tenantId, key: key.key, requestHash, jobId: id, createdAt: now, expiresAt });
    }
    announcement.told(input, now);
    effects.ringJobs(row.dueAt ?? now);
    effects.jobChanged(tenantId, id);
    return { kind: "accepted", job: { ...jobOf(row), input, result: null } };
  }

  function cancel({ tenantId, jobId }: JobKey, now: Instant): CancelAnswer {
    const row = jobs.find(tenantId, jobId);
    if (row === null) return { kind: "not_found" };
    if (isDone(row.status)) {
      return { kind: row.status === "canceled" ? "canceled" : "finished", job: withPayloads(row) };
    }
    if (row.status === "queued") {
      const ended = {
        ...row,
        status: "canceled",
        dueAt: null,
        finishedAt: now,
        cancelRequestedAt: now,
      } as const;
      return { kind: "canceled", job: withPayloads(jobs.advance(ended, { type: "job.canceled" }, now)) };
    }
    effects.ringCancel({ tenantId, jobId });
    if (requestCancel.run(now, tenantId, jobId).changes === 0) {
      return { kind: "requested", job: withPayloads(row) };
    }
    effects.jobChanged(tenantId, jobId);
    const requested = { ...row, cancelRequestedAt: now, version: row.version + 1 };
    return { kind: "requested", job: withPayloads(requested) };
  }

  return {
    acceptJobs: (items, now) => items.map((item) => accept(item, now)),
    cancelJobs: (items, now) => items.map((item) => cancel(item, now)),
  };
}

function firstRow(item: Acceptance, now: Instant, { sealing }: Ground): JobRow {
  const { job: asked, receiver } = item;
  const { tenantId, id, kind, priority, metadata, runAt, runTimeoutMs, maxRuns, traceparent } = asked;
  const seal = (column: string, plain: string): string =>
    sealing.seal(plain, { tenantId, table: "job", rowId: id, column });
  return {
    tenantId,
    id,
    kind,
    status: "queued",
    priority,
    metadata,
    ...unstarted,
    maxRuns,
    runTimeoutMs,
    ...callbackColumns(asked, receiver, seal),
    createdAt: now,
    runAt,
    dueAt: runAt === null ? now : Math.max(runAt, now),
    traceparent,
    version: 1,
  };
}

const unstarted = {
  progressPercent: null,
  progressMessage: null,
  errorCode: null,
  errorMessage: null,
  errorRun: null,
  runs: 0,
  lostRuns: 0,
  releasedRuns: 0,
  deliveriesPending: 0,
  deliveriesDelivered: 0,
  deliveriesDead: 0,
  deliveriesCanceled: 0,
  startedAt: null,
  finishedAt: null,
  cancelRequestedAt: null,
  claimedBy: null,
  leaseUntil: null,
  token: 0,
} as const;

type CallbackColumns = Pick<JobRow, Extract<keyof JobRow, `callback${string}`>>;

function callbackColumns(
  { callback }: NewJob,
  receiver: Acceptance["receiver"],
  seal: (column: string, plain: string) => string,
): CallbackColumns {
  const none: CallbackColumns = {
    callbackEvents: null,
    callbackEndpointId: null,
    callbackUrl: null,
    callbackOrigin: null,
    callbackHost: null,
    callbackSealedHeaders: null,
    callbackSealedSecret: null,
  };
  if (callback === null) return none;
  if ("endpointId" in callback) {
    return { ...none, callbackEvents: callback.events, callbackEndpointId: callback.endpointId };
  }
  if (receiver === null) throw new Error("An inline callback needs its receiver's origin and host.");
  const { events, url, headers, secret } = callback;
  const hasHeaders = Object.keys(headers).length > 0;
  return {
    callbackEvents: events,
    callbackEndpointId: null,
    callbackUrl: url,
    callbackOrigin: receiver.origin,
    callbackHost: receiver.host,
    callbackSealedHeaders: hasHeaders ? seal("callback_sealed_headers", JSON.stringify(headers)) : null,
    callbackSealedSecret: secret === null ? null : seal("callback_sealed_secret", secret),
  };
}
