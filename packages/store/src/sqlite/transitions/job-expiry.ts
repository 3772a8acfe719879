// The end of a job's life: its payloads are erased when their time is over, and its row is deleted when the tombstone's is.
import type { Instant } from "@ringback/core";
import type { Ground } from "../ground.ts";

export interface JobExpiry {
  /** Erases payloads and then deletes tombstones, at most `limit` together; how many rows that changed. */
  expireJobs(options: {
    readonly now: Instant;
    readonly limit: number;
    readonly tombstoneMs: number;
  }): number;
}

interface Found {
  readonly tenantId: string;
  readonly id: string;
}

/** How long a tombstone is left alone that something still refers to: its events, and through them its deliveries. */
const putOffMs = 3_600_000;

export function createJobExpiry({ client, effects }: Ground): JobExpiry {
  const selectExpired = client.prepare<[Instant, number], Found>(
    `select tenant_id as "tenantId", id from job where expires_at is not null and erased_at is null and expires_at <= ?
     order by expires_at limit ?`,
  );
  const deleteInput = client.prepare<[string, string]>(
    "delete from job_input where tenant_id = ? and job_id = ?",
  );
  const deleteResult = client.prepare<[string, string]>(
    "delete from job_result where tenant_id = ? and job_id = ?",
  );
  // What calls back stays: deliveries of the job may still be pending, or be sent again.
  const entomb = client.prepare<[Instant, number, string, string]>(
    `update job set erased_at = ?, forget_at = expires_at + ?, metadata = '{}', progress_percent = null,
       progress_message = null, error_message = case when error_code is not null then '' end, version = version + 1
     where tenant_id = ? and id = ?`,
  );
  const selectForgettable = client.prepare<[Instant, number], Found & { readonly isReferred: number }>(
    `select tenant_id as "tenantId", id,
       exists (select 1 from event where event.tenant_id = job.tenant_id and event.job_id = job.id)
       or exists (select 1 from idempotency where idempotency.tenant_id = job.tenant_id and idempotency.job_id = job.id)
         as "isReferred"
     from job where forget_at is not null and forget_at <= ? order by forget_at limit ?`,
  );
  const putOff = client.prepare<[Instant, string, string]>(
    "update job set forget_at = ? where tenant_id = ? and id = ?",
  );
  const deleteJob = client.prepare<[string, string]>("delete from job where tenant_id = ? and id = ?");

  return {
    expireJobs({ now, limit, tombstoneMs }) {
      const expired = selectExpired.all(now, limit);
      for (const { tenantId, id } of expired) {
        deleteInput.run(tenantId, id);
        deleteResult.run(tenantId, id);
        entomb.run(now, tombstoneMs, tenantId, id);
        effects.jobChanged(tenantId, id);
      }
      const forgettable = selectForgettable.all(now, limit - expired.length);
      for (const { tenantId, id, isReferred } of forgettable) {
        if (isReferred === 1) putOff.run(now + putOffMs, tenantId, id);
        else deleteJob.run(tenantId, id);
      }
      return expired.length + forgettable.length;
    },
  };
}
