// The end of a job's life: its payloads are erased when their time is over, and its row is deleted when the tombstone's is.
import type { Instant, JobKey } from "@ringback/core";
import type { Ground } from "../ground.ts";

/** How long a tombstone is left alone that something still refers to: its events, and through them its deliveries. */
const putOffMs = 3_600_000;

// What another process is expiring at the moment is passed over.
const lockExpired = `select tenant_id as "tenantId", id as "jobId" from job
  where expires_at is not null and erased_at is null and expires_at <= $1
  order by expires_at limit $2 for no key update skip locked`;
const lockForgettable = `select tenant_id as "tenantId", id as "jobId" from job
  where forget_at is not null and forget_at <= $1 order by forget_at limit $2 for update skip locked`;
const asked = "(select * from unnest($1::text[], $2::text[]))";
const deleteInputs = `delete from job_input where (tenant_id, job_id) in ${asked}`;
const deleteResults = `delete from job_result where (tenant_id, job_id) in ${asked}`;
// What calls back stays: deliveries of the job may still be pending, or be sent again.
const entomb = `update job set erased_at = $3, forget_at = expires_at + $4, metadata = '{}', progress_percent = null,
    progress_message = null, error_message = case when error_code is not null then '' end, version = version + 1
  where (tenant_id, id) in ${asked}`;
const selectReferred = `select tenant_id as "tenantId", id as "jobId" from ${asked} as j(tenant_id, id)
  where exists (select 1 from event as e where e.tenant_id = j.tenant_id and e.job_id = j.id)
    or exists (select 1 from idempotency as k where k.tenant_id = j.tenant_id and k.job_id = j.id)`;
const putOff = `update job set forget_at = $3 where (tenant_id, id) in ${asked}`;
const deleteJobs = `delete from job where (tenant_id, id) in ${asked}`;

/** Erases payloads and then deletes tombstones, at most `limit` together; how many rows that changed. */
export async function expireJobs(
  ground: Ground,
  options: { readonly now: Instant; readonly limit: number; readonly tombstoneMs: number },
): Promise<number> {
  const erased = await erasePayloads(ground, options);
  return erased + (await deleteTombstones(ground, { ...options, limit: options.limit - erased }));
}

async function erasePayloads(
  { transaction, effects }: Ground,
  { now, limit, tombstoneMs }: Parameters<typeof expireJobs>[1],
): Promise<number> {
  const expired = await transaction.ask<JobKey>(lockExpired, [now, limit]);
  if (expired.length === 0) return 0;
  const keys = listsOf(expired);
  transaction.send(deleteInputs, keys);
  transaction.send(deleteResults, keys);
  transaction.send(entomb, [...keys, now, tombstoneMs]);
  for (const { tenantId, jobId } of expired) effects.jobChanged(tenantId, jobId);
  return expired.length;
}

async function deleteTombstones(
  { transaction }: Ground,
  { now, limit }: Parameters<typeof expireJobs>[1],
): Promise<number> {
  const forgettable = await transaction.ask<JobKey>(lockForgettable, [now, limit]);
  if (forgettable.length === 0) return 0;
  const referred = await transaction.ask<JobKey>(selectReferred, listsOf(forgettable));
  const kept = new Set(referred.map(({ tenantId, jobId }) => `${jobId} ${tenantId}`));
  const free = forgettable.filter(({ tenantId, jobId }) => !kept.has(`${jobId} ${tenantId}`));
  if (referred.length > 0) transaction.send(putOff, [...listsOf(referred), now + putOffMs]);
  if (free.length > 0) transaction.send(deleteJobs, listsOf(free));
  return forgettable.length;
}

function listsOf(keys: readonly JobKey[]): readonly [string[], string[]] {
  return [keys.map(({ tenantId }) => tenantId), keys.map(({ jobId }) => jobId)];
}
