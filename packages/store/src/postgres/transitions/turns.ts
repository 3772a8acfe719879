// Whose jobs are claimed next: within a priority the tenants take turns, and none gets more than its share while others wait.
//
// A tenant or a kind with a limit is locked before its runs are counted, so that two processes never fill it twice; kinds
// first, then tenants, each in their order. What has no limit is not locked at all.
import { shareOut, type RunStore } from "@ringback/core";
import { createKindRooms, type KindRooms } from "../../kind-rooms.ts";
import type { ClaimMemory } from "../claim-memory.ts";
import { readEndpointBook } from "../endpoint-book.ts";
import type { EndpointBook } from "../states.ts";
import type { Transaction } from "../transaction.ts";
import { itsInput, jobColumns, readJob, type LoadedJob } from "./job-book.ts";

type Claim = Parameters<RunStore["claim"]>[0];

/** Priorities with the tenants that have queued jobs in them, the greater first: each pair costs one seek in the claim's index. */
export const usedPairs = `with recursive used(priority, tenant_id) as (
    (select j.priority, j.tenant_id from job as j where j.status = 'queued'
      order by j.priority desc, j.tenant_id desc limit 1)
    union all
    select next.priority, next.tenant_id from used cross join lateral (
      select j.priority, j.tenant_id from job as j
      where j.status = 'queued' and (j.priority, j.tenant_id) < (used.priority, used.tenant_id)
      order by j.priority desc, j.tenant_id desc limit 1
    ) as next
  )`;

const queued = "from job as j where j.status = 'queued' and j.priority = used.priority";

/**
 * In each priority up to `$3` tenants with a due job and room for it, beginning behind the one of `$4` and going round once.
 * `$5` is the most runs of a tenant without a limit of its own.
 */
const selectWaiting = `with recursive used(priority) as (
    (select j.priority from job as j where j.status = 'queued' order by j.priority desc limit 1)
    union all
    select (select j.priority from job as j where j.status = 'queued' and j.priority < used.priority
      order by j.priority desc limit 1)
    from used where used.priority is not null
  )
  select used.priority, waiting.turn, waiting.tenant_id as "tenantId", waiting.own as "runningMax"
  from used cross join lateral (
    with recursive ring(tenant_id, turn, lap) as (
      select coalesce($4::json ->> used.priority::text, '') collate "C", 0, 0
      union all
      select next.tenant_id, ring.turn + 1, next.lap from ring cross join lateral (
        (select j.tenant_id, ring.lap as lap ${queued} and j.tenant_id > ring.tenant_id order by j.tenant_id limit 1)
        union all
        (select j.tenant_id, 1 ${queued} and ring.lap = 0 order by j.tenant_id limit 1)
        limit 1
      ) as next
      where next.lap = 0 or next.tenant_id <= coalesce($4::json ->> used.priority::text, '') collate "C"
    )
    select ring.tenant_id, ring.turn, may.own from ring cross join lateral (
      select (select t.running_max from tenant as t where t.tenant_id = ring.tenant_id) as own
    ) as may
    where ring.turn > 0 and exists (
      select 1 ${queued} and j.tenant_id = ring.tenant_id and j.due_at <= $1 and j.kind = any($2::text[])
    ) and case when coalesce(may.own, $5::bigint) is null then true else coalesce(may.own, $5::bigint) > (
      select count(*) from job as r where r.tenant_id = ring.tenant_id and r.status = 'running' and r.erased_at is null
    ) end limit $3
  ) as waiting
  where used.priority is not null`;

const lockKinds = `select pg_advisory_xact_lock(724613, hashtext(kind)) from (
    select kind from unnest($1::text[]) as kind order by 1
  ) as kinds`;
const countKinds = `select kind, count(*) as running from job where status = 'running' and kind = any($1::text[]) group by kind`;
const lockTenants = `select 1 from tenant where tenant_id = any($1::text[]) order by tenant_id for no key update`;
const countTenants = `select wanted.tenant_id as "tenantId",
    (select count(*) from job as j where j.tenant_id = wanted.tenant_id and j.status = 'running'
      and j.erased_at is null) as running
  from unnest($1::text[]) as wanted(tenant_id)`;

// What another process is claiming at the moment is passed over.
const claimShares = `select ${jobColumns}
  from unnest($1::text[], $2::bigint[]) as turn(tenant_id, share) cross join lateral (
    select j.* from job as j
    where j.status = 'queued' and j.priority = $3 and j.tenant_id = turn.tenant_id and j.due_at <= $4
      and j.kind = any($5::text[]) and j.id <> all($6::text[])
    order by j.due_at, j.id limit turn.share for no key update skip locked
  ) as t ${itsInput}`;

interface WaitingRow {
  readonly priority: number;
  readonly turn: number;
  readonly tenantId: string;
  readonly runningMax: number | null;
}

interface Waiting {
  readonly tenantId: string;
  /** How many more of its jobs may begin. */
  readonly most: number;
}

/** Jobs in their turn, and the endpoints of all tenants whose turn it may have been. */
export interface Taken {
  readonly jobs: readonly LoadedJob[];
  readonly endpoints: EndpointBook;
}

/** Up to `limit` due jobs, locked; whoever gets them begins each of them, or ends it. */
export async function takeInTurn(
  transaction: Transaction,
  claim: Claim,
  { served, limits }: ClaimMemory,
): Promise<Taken> {
  const { kinds, limit, now, tenantRunningMax = null, kindRunningMax = {} } = claim;
  limits.claimedWith(claim);
  const rooms = createKindRooms(kinds, await kindRoomsOf(transaction, kindRunningMax));
  const start = JSON.stringify(Object.fromEntries(served));
  const waiting = await transaction.ask<WaitingRow>(selectWaiting, [
    now,
    rooms.open(),
    limit,
    start,
    tenantRunningMax,
  ]);
  for (const { tenantId, runningMax } of waiting) if (runningMax !== null) limits.tenantHasLimit(tenantId);
  // Asked for together with the jobs, so that these are locked for fewer answers.
  if (waiting.length > 0) transaction.mark();
  const tenantIds = waiting.map(({ tenantId }) => tenantId);
  const [endpoints, jobs] = await Promise.all([
    readEndpointBook(transaction, tenantIds),
    takeOfAll(transaction, waiting, { served, rooms, claim }),
  ]);
  return { jobs, endpoints };
}

async function takeOfAll(
  transaction: Transaction,
  waiting: readonly WaitingRow[],
  { served, rooms, claim }: Pick<ClaimMemory, "served"> & Pick<Taking, "rooms" | "claim">,
): Promise<LoadedJob[]> {
  const { limit } = claim;
  const mostOf = await tenantRooms(transaction, waiting, claim);
  const taken: LoadedJob[] = [];
  for (const [priority, tenants] of byPriority(waiting)) {
    if (taken.length >= limit) break;
    const open = tenants.map(({ tenantId }) => ({ tenantId, most: mostOf(tenantId) }));
    const begun = await takeOf(transaction, { priority, open, rooms, taken, claim });
    taken.push(...begun);
    const last = tenants.findLast(({ tenantId }) => begun.some(({ row }) => row.tenantId === tenantId));
    if (last !== undefined) served.set(priority, last.tenantId);
  }
  return taken;
}

interface Taking {
  readonly priority: number;
  readonly open: readonly Waiting[];
  readonly rooms: KindRooms;
  readonly taken: readonly LoadedJob[];
  readonly claim: Claim;
}

/** Asks again for what some tenants could not use, until the others have it or have no more. */
async function takeOf(transaction: Transaction, taking: Taking): Promise<LoadedJob[]> {
  const { priority, rooms, claim } = taking;
  const ids = taking.taken.map(({ row }) => row.id);
  const begun: LoadedJob[] = [];
  let open = taking.open.filter(({ most }) => most > 0);
  for (let left = claim.limit - taking.taken.length; left > 0 && open.length > 0;) {
    const shares = shareOut(
      left,
      open.map(({ most }) => most),
    );
    const tenantIds = open.map(({ tenantId }) => tenantId);
    const asked = [tenantIds, shares, priority, claim.now, rooms.open(), ids];
    const found = (await transaction.ask(claimShares, asked)).map(readJob);
    ids.push(...found.map(({ row }) => row.id));
    const fits = found.filter(({ row }) => rooms.take(row.kind));
    begun.push(...fits);
    left -= fits.length;
    open = open.flatMap(({ tenantId, most }, at) => {
      const isOfTenant = ({ row }: LoadedJob): boolean => row.tenantId === tenantId;
      const more = most - fits.filter(isOfTenant).length;
      return found.filter(isOfTenant).length === shares[at] && more > 0 ? [{ tenantId, most: more }] : [];
    });
  }
  return begun;
}

async function kindRoomsOf(
  transaction: Transaction,
  kindRunningMax: Readonly<Record<string, number>>,
): Promise<Map<string, number>> {
  const kinds = Object.keys(kindRunningMax);
  if (kinds.length === 0) return new Map();
  transaction.send(lockKinds, [kinds]);
  const rows = await transaction.ask<{ kind: string; running: number }>(countKinds, [kinds]);
  const running = new Map(rows.map((row) => [row.kind, row.running]));
  return new Map(Object.entries(kindRunningMax).map(([kind, max]) => [kind, max - (running.get(kind) ?? 0)]));
}

/** How many more runs each tenant may have; those with a limit are locked and counted. */
async function tenantRooms(
  transaction: Transaction,
  waiting: readonly WaitingRow[],
  { limit, tenantRunningMax }: Claim,
): Promise<(tenantId: string) => number> {
  const limits = new Map<string, number>();
  for (const { tenantId, runningMax } of waiting) {
    const most = runningMax ?? tenantRunningMax;
    if (most !== undefined) limits.set(tenantId, most);
  }
  if (limits.size === 0) return () => limit;
  const tenantIds = [...limits.keys()];
  transaction.send(lockTenants, [tenantIds]);
  const rows = await transaction.ask<{ tenantId: string; running: number }>(countTenants, [tenantIds]);
  const rooms = new Map(rows.map((row) => [row.tenantId, (limits.get(row.tenantId) ?? limit) - row.running]));
  return (tenantId) => Math.min(limit, Math.max(0, rooms.get(tenantId) ?? limit));
}

function byPriority(waiting: readonly WaitingRow[]): [number, WaitingRow[]][] {
  const groups = new Map<number, WaitingRow[]>();
  for (const row of waiting.toSorted((a, b) => a.turn - b.turn)) {
    const group = groups.get(row.priority);
    if (group === undefined) groups.set(row.priority, [row]);
    else group.push(row);
  }
  return [...groups].toSorted(([a], [b]) => b - a);
}
