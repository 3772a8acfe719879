// Accepts jobs, with their idempotency keys, and cancels them.
import {
  isDone,
  notAdmitted,
  type Acceptance,
  type Accepted,
  type CancelAnswer,
  type Instant,
  type JobKey,
  type JobWithPayloads,
} from "@ringback/core";
import type { Ground } from "../ground.ts";
import { jobOf, type JobRow } from "../nouns.ts";
import { inserter, rowReader, type RawRow } from "../rows.ts";
import { idempotency, job, jobInput } from "../schema.ts";
import { firstJobRow } from "../states.ts";
import { createJobRows } from "./job-rows.ts";

export interface IntakeTransitions {
  acceptJobs(items: readonly Acceptance[], now: Instant): Accepted[];
  cancelJobs(items: readonly JobKey[], now: Instant): CancelAnswer[];
}

export function createIntakeTransitions(ground: Ground): IntakeTransitions {
  const { client, counts, effects, endpoints, tenants } = ground;
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

  function refusedBy({ job: { tenantId }, admission }: Acceptance): Accepted | null {
    if (admission === undefined) return null;
    const { unfinishedMax } = tenants.limitsOf(tenantId);
    const unfinished = counts.unfinishedOf(tenantId);
    return notAdmitted(admission, { unfinished, unfinishedMax, backlog: counts.unfinished() });
  }

  function accept(item: Acceptance, now: Instant): Accepted {
    const known = earlier(item, now);
    if (known !== null) return known;
    const refused = refusedBy(item);
    if (refused !== null) return refused;
    const { job: asked, idempotency: key } = item;
    const { tenantId, id, input, callback } = asked;
    if (callback !== null && "endpointId" in callback) {
      if (endpoints.find(tenantId, callback.endpointId) === undefined) return { kind: "no_endpoint" };
    }
    const announcement = jobs.announce(firstJobRow(item, now, ground.sealing), "job.queued");
    const { row } = announcement;
    insertJob(row);
    counts.accepted(tenantId);
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
