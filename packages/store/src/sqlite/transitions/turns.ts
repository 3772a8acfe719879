// Whose jobs are claimed next: within a priority the tenants take turns, and none gets more than its share while others wait.
import { shareOut, type Instant } from "@ringback/core";
import type { KindRooms } from "../../kind-rooms.ts";
import type { RunningLimits } from "../../running-limits.ts";
import type { Ground } from "../ground.ts";
import type { JobRow } from "../nouns.ts";
import { rowReader, type RawRow } from "../rows.ts";
import { job } from "../schema.ts";

export interface DueJobs {
  readonly kinds: KindRooms;
  readonly now: Instant;
  /** The most runs at once of a tenant that has no limit of its own. */
  readonly tenantRunningMax?: number | undefined;
}

export interface Turns {
  /**
   * Gives `begin` up to `wanted` due jobs of one priority, tenant by tenant; it must begin each or end it, so that the next
   * look no longer finds it, and says whether it has begun. How many it was given.
   */
  take(
    priority: number,
    wanted: number,
    options: DueJobs & { readonly begin: (row: JobRow) => boolean },
  ): number;
}

/** Tenants looked at in one claim; the next one goes on behind them. */
const tenantsLookedAtMax = 10_000;

interface Waiting {
  readonly tenantId: string;
  /** How many more of its jobs may begin. */
  readonly most: number;
}

export function createTurns({ client, tenants }: Ground, limits: RunningLimits): Turns {
  /** By priority: the tenant that had the last turn. */
  const served = new Map<number, string>();
  const reader = rowReader(job);
  const nextTenant = client
    .prepare<[number, string], string>(
      `select tenant_id from job where status = 'queued' and priority = ? and tenant_id > ? order by tenant_id limit 1`,
    )
    .pluck();
  const due = `status = 'queued' and priority = ? and tenant_id = ? and due_at <= ?
    and kind in (select value from json_each(?))`;
  const hasDue = client.prepare<[number, string, Instant, string]>(`select 1 from job where ${due} limit 1`);
  const selectDue = client.prepare<[number, string, Instant, string, number], RawRow>(
    `select ${reader.list} from job where ${due} order by due_at, id limit ?`,
  );
  const running = client
    .prepare<[string], number>(
      "select count(*) from job where tenant_id = ? and status = 'running' and erased_at is null",
    )
    .pluck();

  function roomOf(tenantId: string, { tenantRunningMax }: DueJobs, wanted: number): number {
    const { runningMax } = tenants.limitsOf(tenantId);
    if (runningMax !== null) limits.tenantHasLimit(tenantId);
    const most = runningMax ?? tenantRunningMax;
    if (most === undefined) return wanted;
    return Math.min(wanted, Math.max(0, most - (running.get(tenantId) ?? 0)));
  }

  /** Up to `wanted` tenants that have a due job and may run it, beginning behind the one that was served last. */
  function waiting(priority: number, wanted: number, options: DueJobs): Waiting[] {
    const kinds = JSON.stringify(options.kinds.open());
    const found: Waiting[] = [];
    const start = served.get(priority) ?? "";
    let after = start;
    let hasWrapped = false;
    for (let looked = 0; found.length < wanted; looked += 1) {
      const tenantId = nextTenant.get(priority, after);
      const isRound = hasWrapped && (tenantId === undefined || tenantId > start);
      if (isRound || looked === tenantsLookedAtMax) break;
      hasWrapped ||= tenantId === undefined;
      after = tenantId ?? "";
      if (tenantId === undefined) continue;
      if (hasDue.get(priority, tenantId, options.now, kinds) === undefined) continue;
      const most = roomOf(tenantId, options, wanted);
      if (most > 0) found.push({ tenantId, most });
    }
    if (found.length === 0) served.set(priority, after);
    return found;
  }

  return {
    take(priority, wanted, options) {
      const { kinds, now, begin } = options;
      let left = wanted;
      let open = waiting(priority, wanted, options);
      const inTurn = open.map(({ tenantId }) => tenantId);
      const begunOf = new Set<string>();
      while (left > 0 && open.length > 0) {
        const shares = shareOut(
          left,
          open.map(({ most }) => most),
        );
        const more: Waiting[] = [];
        for (const [at, { tenantId, most }] of open.entries()) {
          const share = shares[at] ?? 0;
          const rows = selectDue.all(priority, tenantId, now, JSON.stringify(kinds.open()), share);
          // One that is left because its kind has no room is not found again, since its kind is not asked for again.
          const given = rows.map(reader.read).filter((row) => kinds.take(row.kind));
          for (const row of given) if (begin(row)) begunOf.add(tenantId);
          left -= given.length;
          if (rows.length === share && most > given.length)
            more.push({ tenantId, most: most - given.length });
        }
        open = more;
      }
      const last = inTurn.findLast((tenantId) => begunOf.has(tenantId));
      if (last !== undefined) served.set(priority, last);
      return wanted - left;
    },
  };
}
