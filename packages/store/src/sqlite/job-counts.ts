// How many jobs of each tenant are unfinished, so that admission asks no table of jobs. Written once per commit.
//
// One process holds the file, so what is remembered is true until a rollback, after which the rows are read again.
import type { Client } from "./rows.ts";

export interface JobCounts {
  /** Jobs of the tenant that are queued or running, with what the present transaction has done. */
  unfinishedOf(tenantId: string): number;
  /** The same of all tenants. */
  unfinished(): number;
  accepted(tenantId: string): void;
  ended(tenantId: string): void;
  /** Writes what the transaction has counted; to be called before its commit. */
  write(): void;
  /** The transaction was rolled back. */
  forgetAll(): void;
}

interface Counted {
  accepted: number;
  ended: number;
}

const tenantsMax = 10_000;
const unfinishedTotal = "sum(case what when 'accepted' then total else -total end)";

export function createJobCounts(client: Client): JobCounts {
  const known = new Map<string, number>();
  const counted = new Map<string, Counted>();
  let all: number | null = null;
  const select = client
    .prepare<[string], number | null>(`select ${unfinishedTotal} from job_count where tenant_id = ?`)
    .pluck();
  const selectAll = client.prepare<[], number | null>(`select ${unfinishedTotal} from job_count`).pluck();
  const add = client.prepare<[string, keyof Counted, number]>(
    `insert into job_count (tenant_id, what, total) values (?, ?, ?)
     on conflict (tenant_id, what) do update set total = total + excluded.total`,
  );
  countUncounted(client);

  function count(tenantId: string, what: keyof Counted): void {
    const sum = counted.get(tenantId) ?? { accepted: 0, ended: 0 };
    sum[what] += 1;
    counted.set(tenantId, sum);
  }

  function pendingOf(tenantId: string): number {
    const sum = counted.get(tenantId);
    return sum === undefined ? 0 : sum.accepted - sum.ended;
  }

  return {
    unfinishedOf(tenantId) {
      const written = known.get(tenantId) ?? select.get(tenantId) ?? 0;
      if (known.size >= tenantsMax) known.clear();
      known.set(tenantId, written);
      return written + pendingOf(tenantId);
    },
    unfinished() {
      all ??= selectAll.get() ?? 0;
      let pending = 0;
      for (const { accepted, ended } of counted.values()) pending += accepted - ended;
      return all + pending;
    },
    accepted: (tenantId) => count(tenantId, "accepted"),
    ended: (tenantId) => count(tenantId, "ended"),
    write() {
      for (const [tenantId, { accepted, ended }] of counted) {
        if (accepted > 0) add.run(tenantId, "accepted", accepted);
        if (ended > 0) add.run(tenantId, "ended", ended);
        const written = known.get(tenantId);
        if (written !== undefined) known.set(tenantId, written + accepted - ended);
        if (all !== null) all += accepted - ended;
      }
      counted.clear();
    },
    forgetAll() {
      known.clear();
      counted.clear();
      all = null;
    },
  };
}

/** Tenants of a file from before there were counts. */
function countUncounted(client: Client): void {
  const uncounted =
    "where not exists (select 1 from job_count as c where c.tenant_id = t.tenant_id and c.what = 'accepted')";
  if (client.prepare(`select 1 from tenant as t ${uncounted} limit 1`).get() === undefined) return;
  client
    .prepare(
      `insert into job_count (tenant_id, what, total)
       select t.tenant_id, 'accepted',
         (select count(*) from job as j where j.tenant_id = t.tenant_id and j.status in ('queued', 'running'))
         + coalesce((select total from job_count as e where e.tenant_id = t.tenant_id and e.what = 'ended'), 0)
       from tenant as t ${uncounted}`,
    )
    .run();
}
