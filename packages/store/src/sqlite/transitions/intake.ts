// Accepts jobs, with their idempotency keys, and cancels them.
import {
  isDone,
  outsideHolders,
  notAdmitted,
  type Acceptance,
  type Accepted,
  type CancelAnswer,
  type Instant,
  type Job,
  type JobKey,
  type JobWithPayloads,
} from "@ringback/core";
import { createAcceptedAhead, type AcceptedAhead } from "../../accepted-ahead.ts";
import { keyReused } from "../../event-key.ts";
import type { Ground } from "../ground.ts";
import { jobOf, type JobRow } from "../nouns.ts";
import { inserter, type RawRow } from "../rows.ts";
import { job, jobInput } from "../schema.ts";
import { endedJob, firstJobRow } from "../states.ts";
import { createJobRows } from "./job-rows.ts";
import { createKeyRows } from "./key-rows.ts";

export interface IntakeTransitions {
  acceptJobs(items: readonly Acceptance[], now: Instant): Accepted[];
  acceptTogether(items: readonly Acceptance[], now: Instant): Accepted[];
  cancelJobs(items: readonly JobKey[], now: Instant): CancelAnswer[];
  eraseResults(items: readonly JobKey[], now: Instant): (Job | null)[];
}

export function createIntakeTransitions(ground: Ground): IntakeTransitions {
  const { client, counts, effects, endpoints, tenants } = ground;
  const jobs = createJobRows(ground);
  const insertJob = inserter(client, job);
  const insertInput = inserter(client, jobInput);
  const keys = createKeyRows(ground);
  const requestCancel = client.prepare<[Instant, string, string], RawRow>(
    `update job set cancel_requested_at = ?, version = version + 1
     where tenant_id = ? and id = ? and status = 'running' and cancel_requested_at is null`,
  );

  const deleteResult = client.prepare<[string, string]>(
    "delete from job_result where tenant_id = ? and job_id = ?",
  );
  const markResultErased = client.prepare<[Instant, string, string]>(
    "update job set result_erased_at = ?, version = version + 1 where tenant_id = ? and id = ?",
  );

  const withPayloads = (row: JobRow): JobWithPayloads => ({
    ...jobOf(row),
    input: jobs.inputOf(row),
    result: jobs.resultOf(row),
  });

  /** What is to be answered without a new job: the earlier one of this request, or why there can be none. */
  function settled(item: Acceptance, now: Instant): Accepted | null {
    const { tenantId, id, callback } = item.job;
    const known = earlier(item, now);
    if (known !== null) return known;
    const sameId = item.ownId === undefined ? null : jobs.find(tenantId, id);
    if (sameId !== null) {
      const isSame = sameId.requestHash === item.ownId?.requestHash;
      return isSame ? { kind: "replayed", job: withPayloads(sameId) } : { kind: "id_reused", jobId: id };
    }
    const isAddressed =
      callback === null ||
      !("endpointId" in callback) ||
      endpoints.find(tenantId, callback.endpointId) !== undefined;
    return isAddressed ? null : { kind: "no_endpoint" };
  }

  function earlier(item: Acceptance, now: Instant): Accepted | null {
    if (item.idempotency === null) return null;
    const { tenantId } = item.job;
    const used = keys.find(tenantId, item.idempotency.key, now);
    if (used === null) return null;
    const { requestHash, jobId } = used;
    if (requestHash !== item.idempotency.requestHash || jobId === null) return keyReused(used);
    const row = jobs.find(tenantId, jobId);
    return row === null ? null : { kind: "replayed", job: withPayloads(row) };
  }

  /** Null when the job may be accepted after those that are `ahead` of it. */
  function refusedBy(item: Acceptance, ahead?: AcceptedAhead): Accepted | null {
    const { admission } = item;
    if (admission === undefined) return null;
    const { tenantId } = item.job;
    const { unfinishedMax } = tenants.limitsOf(tenantId);
    const unfinished = counts.unfinishedOf(tenantId) + (ahead?.of(tenantId) ?? 0);
    const backlog = counts.unfinished() + (ahead?.all ?? 0);
    return notAdmitted(admission, { unfinished, unfinishedMax, backlog });
  }

  function accept(item: Acceptance, now: Instant): Accepted {
    const answer = settled(item, now) ?? refusedBy(item);
    if (answer !== null) return answer;
    const { job: asked, idempotency: key } = item;
    const { tenantId, id, input } = asked;
    const announcement = jobs.announce(firstJobRow(item, now, ground.sealing), "job.queued");
    const { row } = announcement;
    insertJob(row);
    counts.accepted(tenantId);
    if (input !== null) insertInput({ tenantId, jobId: id, body: input });
    if (key !== null) {
      const { requestHash, expiresAt } = key;
      const made = { jobId: id, eventId: null, eventDeliveries: null };
      keys.take({ tenantId, key: key.key, requestHash, ...made, createdAt: now, expiresAt });
    }
    announcement.told(input, now);
    effects.ringJobs(row.dueAt ?? now);
    effects.jobChanged(tenantId, id);
    effects.count("job_accepted", row.kind);
    return { kind: "accepted", job: { ...jobOf(row), input, result: null } };
  }

  function cancel({ tenantId, jobId }: JobKey, now: Instant): CancelAnswer {
    const row = jobs.find(tenantId, jobId);
    if (row === null) return { kind: "not_found" };
    if (isDone(row.status)) {
      return { kind: row.status === "canceled" ? "canceled" : "finished", job: withPayloads(row) };
    }
    if (row.status === "queued" || row.claimedBy === outsideHolders.upstream) {
      const ended = endedJob({ ...row, cancelRequestedAt: now }, { status: "canceled" }, now);
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

  function eraseResult({ tenantId, jobId }: JobKey, now: Instant): Job | null {
    const row = jobs.find(tenantId, jobId);
    if (row === null) return null;
    if (deleteResult.run(tenantId, jobId).changes === 0) return jobOf(row);
    markResultErased.run(now, tenantId, jobId);
    effects.jobChanged(tenantId, jobId);
    return jobOf({ ...row, resultErasedAt: now, version: row.version + 1 });
  }

  return {
    acceptJobs: (items, now) => items.map((item) => accept(item, now)),
    acceptTogether(items, now) {
      const ahead = createAcceptedAhead();
      const answers = items.map((item) => {
        const answer = settled(item, now) ?? refusedBy(item, ahead);
        if (answer === null) ahead.add(item.job.tenantId);
        return answer;
      });
      const isRefused = answers.some((one) => one !== null && one.kind !== "replayed");
      if (isRefused) return answers.map((one) => one ?? { kind: "withheld" });
      return items.map((item) => accept(item, now));
    },
    cancelJobs: (items, now) => items.map((item) => cancel(item, now)),
    eraseResults: (items, now) => items.map((item) => eraseResult(item, now)),
  };
}
