// The end of a job's life: its payloads are erased when their time is over, and its row is deleted when the tombstone's is.
import type { Instant, JobKey } from "@ringback/core";
import type { Ground } from "../ground.ts";

/** How long a tombstone is left alone that something still refers to: its events, and through them its deliveries. */
const putOffMs = 3_600_000;

// Each is one statement, so that no lock waits for an answer to travel. What another process is expiring is passed over.
// What calls back stays: deliveries of the job may still be pending, or be sent again.
const erase = `with over as materialized (
    select tenant_id, id from job where expires_at is not null and erased_at is null and expires_at <= $1
    order by expires_at limit $2 for no key update skip locked
  ), inputs as (
    delete from job_input where (tenant_id, job_id) in (select * from over)
  ), results as (
    delete from job_result where (tenant_id, job_id) in (select * from over)
  )
  update job as t set erased_at = $1, forget_at = t.expires_at + $3, metadata = '{}', progress_percent = null,
    progress_message = null, error_message = case when t.error_code is not null then '' end, version = t.version + 1
  from over where t.tenant_id = over.tenant_id and t.id = over.id returning t.tenant_id as "tenantId", t.id as "jobId"`;
const forget = `with over as materialized (
    select tenant_id, id from job where forget_at is not null and forget_at <= $1
    order by forget_at limit $2 for update skip locked
  ), referred as materialized (
    select * from over where exists (select 1 from event as e where e.tenant_id = over.tenant_id and e.job_id = over.id)
      or exists (select 1 from idempotency as k where k.tenant_id = over.tenant_id and k.job_id = over.id)
  ), put_off as (
    update job as t set forget_at = $1 + $3 from referred where t.tenant_id = referred.tenant_id and t.id = referred.id
  ), forgotten as (
    delete from job as t using (select * from over except select * from referred) as free
    where t.tenant_id = free.tenant_id and t.id = free.id
  )
  select 1 from over`;

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
  const erased = await transaction.ask<JobKey>(erase, [now, limit, tombstoneMs]);
  for (const { tenantId, jobId } of erased) effects.jobChanged(tenantId, jobId);
  return erased.length;
}

async function deleteTombstones(
  { transaction }: Ground,
  { now, limit }: Parameters<typeof expireJobs>[1],
): Promise<number> {
  return (await transaction.ask(forget, [now, limit, putOffMs])).length;
}
