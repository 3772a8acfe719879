// How many jobs of each tenant are unfinished, so that admission asks no table of jobs.
//
// A tenant has one row for what was accepted and one for what has ended. The first is locked before anything is decided, so
// of one tenant's jobs only one transaction at a time is accepting, whichever the process, and its limit holds exactly. The
// second is written under the feed's lock, which every end takes; those who accept and those who end never wait for each other.
import type { Client } from "pg";
import type { Instant } from "@ringback/core";
import type { Transaction } from "./transaction.ts";

export interface TenantLoad {
  readonly tenantId: string;
  unfinished: number;
  /** The tenant's own limit. */
  readonly unfinishedMax: number | null;
}

const lockAccepted = `select 1 from job_count where what = 'accepted' and tenant_id = any($1::text[])
  order by tenant_id for no key update`;
const selectLoads = `select t.tenant_id as "tenantId", coalesce(a.total, 0) - coalesce(e.total, 0) as unfinished,
    t.unfinished_max as "unfinishedMax"
  from tenant as t
    left join job_count as a on a.tenant_id = t.tenant_id and a.what = 'accepted'
    left join job_count as e on e.tenant_id = t.tenant_id and e.what = 'ended'
  where t.tenant_id = any($1::text[])`;
const selectAll = `select coalesce(sum(case what when 'accepted' then total else -total end), 0)::bigint as unfinished
  from job_count`;
const add = `insert into job_count as t (tenant_id, what, total)
  select v."tenantId", v.what, v.total
  from json_to_recordset($1::json) as v("tenantId" text, what text, total bigint) order by v."tenantId"
  on conflict (tenant_id, what) do update set total = t.total + excluded.total`;

/** Sends the lock; what is asked after it sees what the transactions before have accepted. */
export function sendAcceptLock(transaction: Transaction, tenantIds: readonly string[]): void {
  transaction.send(lockAccepted, [tenantIds]);
}

export function readLoads(transaction: Transaction, tenantIds: readonly string[]): Promise<TenantLoad[]> {
  return transaction.ask<TenantLoad>(selectLoads, [tenantIds]);
}

/** By tenant, how many jobs were accepted, or have ended, in this transaction. */
export function sendCounts(
  transaction: Transaction,
  what: "accepted" | "ended",
  counts: ReadonlyMap<string, number>,
): void {
  if (counts.size === 0) return;
  const rows = [...counts].map(([tenantId, total]) => ({ tenantId, what, total }));
  transaction.send(add, [JSON.stringify(rows)]);
}

/** How old this process's knowledge of everybody's unfinished jobs may be. */
const backlogAgeMaxMs = 1_000;

/** The unfinished jobs of all tenants: counted once a second, and what this process has accepted since added to it. */
export interface Backlog {
  /** Null when what is known is recent enough; otherwise asks for the present number. */
  refresh(transaction: Transaction, now: Instant): Promise<void> | null;
  isFresh(now: Instant): boolean;
  readonly unfinished: number;
  accepted(): void;
}

export function createBacklog(): Backlog {
  let unfinished = 0;
  let countedAt: Instant | null = null;
  const isFresh = (now: Instant): boolean =>
    countedAt !== null && now >= countedAt && now - countedAt < backlogAgeMaxMs;
  return {
    isFresh,
    refresh(transaction, now) {
      if (isFresh(now)) return null;
      return transaction.ask<{ unfinished: number }>(selectAll).then(([row]) => {
        unfinished = row?.unfinished ?? 0;
        countedAt = now;
      });
    },
    get unfinished() {
      return unfinished;
    },
    accepted: () => void (unfinished += 1),
  };
}

/** Counts for tenants of a database from before there were counts. */
export async function countUncounted(client: Client): Promise<void> {
  await client.query(`insert into job_count (tenant_id, what, total)
    select t.tenant_id, 'accepted',
      (select count(*) from job as j where j.tenant_id = t.tenant_id and j.status in ('queued', 'running'))
      + coalesce((select e.total from job_count as e where e.tenant_id = t.tenant_id and e.what = 'ended'), 0)
    from tenant as t
    where not exists (select 1 from job_count as c where c.tenant_id = t.tenant_id and c.what = 'accepted')
    on conflict do nothing`);
}
