// What is due, and what its time is over for.
import type { Due, Expiry, Instant } from "@ringback/core";
import type { Ground } from "../ground.ts";
import { createEndpointTransitions } from "./endpoints.ts";
import { createBodyExpiry } from "./body-expiry.ts";
import { createReplayExpiry } from "./replay-expiry.ts";
import { createRetention } from "./retention.ts";
import { createJobExpiry } from "./job-expiry.ts";
import { createKindTransitions } from "./kinds.ts";

export interface Upkeep {
  due(now: Instant, limit: number): Due;
  expire(expiry: Expiry): number;
}

export function createUpkeep(ground: Ground): Upkeep {
  const { client } = ground;
  const retention = createRetention(ground);
  const jobs = createJobExpiry(ground);
  const kinds = createKindTransitions(ground);
  const endpoints = createEndpointTransitions(ground);
  const replays = createReplayExpiry(ground);
  const bodies = createBodyExpiry(ground);
  // The claim's index begins with priority and tenant, so each pair of them that has queued jobs costs one seek.
  const pairs = `with recursive used(priority, tenant) as (
      select * from (
        select priority, tenant_id from job where status = 'queued' and priority > ${Number.MIN_SAFE_INTEGER}
        order by priority, tenant_id limit 1
      )
      union all
      select job.priority, job.tenant_id from used join job on job.rowid = (
        select rowid from job where status = 'queued' and (priority, tenant_id) > (used.priority, used.tenant)
        order by priority, tenant_id limit 1
      )
    )`;
  const ofPair = "status = 'queued' and job.priority = used.priority and job.tenant_id = used.tenant";
  const jobsSince = client
    .prepare<[Instant], Instant | null>(
      `${pairs} select min((select min(due_at) from job where ${ofPair} and due_at <= ?)) from used`,
    )
    .pluck();
  const nextJobAt = client
    .prepare<[Instant], Instant | null>(
      `${pairs} select min((select min(due_at) from job where ${ofPair} and due_at > ?)) from used`,
    )
    .pluck();
  const freeLane = "claimed_by is null and not paused and due_at is not null";
  const lanes = client.prepare<[Instant, number], Due["lanes"][number]>(
    `select tenant_id as "tenantId", id as "laneId", due_at as since from lane
     where ${freeLane} and due_at <= ? order by due_at limit ?`,
  );
  const nextLaneAt = client
    .prepare<[Instant], Instant | null>(`select min(due_at) from lane where ${freeLane} and due_at > ?`)
    .pluck();
  const expireKeys = client.prepare<[Instant, number]>(
    `delete from idempotency where rowid in (
       select rowid from idempotency where expires_at <= ? order by expires_at limit ?
     )`,
  );
  const expireSecrets = client.prepare<[Instant, number]>(
    `delete from signing_secret where rowid in (
       select rowid from signing_secret where expires_at is not null and expires_at <= ? order by expires_at limit ?
     )`,
  );
  return {
    due: (now, limit) => ({
      jobsSince: jobsSince.get(now) ?? null,
      nextJobAt: nextJobAt.get(now) ?? null,
      lanes: lanes.all(now, limit),
      nextLaneAt: nextLaneAt.get(now) ?? null,
    }),
    expire(expiry) {
      const { now } = expiry;
      const { tombstonesMs: tombstoneMs } = expiry.retention;
      const steps: readonly ((limit: number) => number)[] = [
        (limit) => expireKeys.run(now, limit).changes,
        (limit) => expireSecrets.run(now, limit).changes,
        (limit) => jobs.expireJobs({ now, limit, tombstoneMs }),
        (limit) => endpoints.cancelOwed({ now, limit }),
        (limit) => endpoints.forgetDeleted(limit),
        (limit) => kinds.expireKinds({ now, limit }),
        (limit) => retention.deleteOver({ ...expiry, limit }),
        (limit) => replays.deleteReplays({ ...expiry, limit }),
        (limit) => bodies.eraseBodies({ ...expiry, limit }),
      ];
      let done = 0;
      for (const step of steps) if (done < expiry.limit) done += step(expiry.limit - done);
      return done;
    },
  };
}
