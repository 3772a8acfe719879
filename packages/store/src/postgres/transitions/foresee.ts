// Foresees what accepting jobs would read, and sends the check that it still is so.
import type { Acceptance } from "@ringback/core";
import { endpointsMark } from "../endpoint-book.ts";
import type { Foreseen } from "../foresight.ts";
import type { Ground } from "../ground.ts";
import { sentCheck } from "../checks.ts";
import type { AtTime } from "../at-time.ts";

const tenantsAreAsForeseen = `select min(case when t.unfinished_max is not distinct from v."unfinishedMax"
      and coalesce(a.total, 0) - coalesce(e.total, 0) + v.jobs <= v.most
      and ${endpointsMark('v."tenantId"')} is not distinct from v.mark then 1 else 0 end)
  from json_to_recordset($1::json) as v("tenantId" text, mark text, "unfinishedMax" bigint, jobs bigint, most bigint)
    left join tenant as t on t.tenant_id = v."tenantId"
    left join job_count as a on a.tenant_id = v."tenantId" and a.what = 'accepted'
    left join job_count as e on e.tenant_id = v."tenantId" and e.what = 'ended'`;
const keysAreFree = `select case when exists (
    select 1 from unnest($1::text[], $2::text[]) as k(tenant_id, key)
      join idempotency as i on i.tenant_id = k.tenant_id and i.key = k.key
  ) then 0 else 1 end`;
const checkTenants = sentCheck(tenantsAreAsForeseen);
const checkKeys = sentCheck(keysAreFree);

/**
 * What is known for these items, whose tenants' counts are locked, after the check of it has been sent; null when it has to be
 * read, for being unknown or for being likely to fail the check.
 */
export function foresee(ground: Ground, items: readonly AtTime<Acceptance>[]): Foreseen | null {
  const { transaction, foresight, backlog } = ground;
  const [first] = items;
  if (first === undefined) return null;
  if (items.some(({ item }) => item.ownId !== undefined || item.admission === undefined)) return null;
  if (!backlog.isFresh(first.now)) return null;
  const byTenant = Map.groupBy(items, ({ item }) => item.job.tenantId);
  const foreseen = foresight.take([...byTenant.keys()]);
  if (foreseen === null) return null;
  const asked = foreseen.loads.map(({ tenantId, unfinished, unfinishedMax }) => {
    const own = byTenant.get(tenantId) ?? [];
    const most = Math.min(...own.map(({ item }) => unfinishedMax ?? item.admission?.unfinishedMax ?? 0));
    const backlogMost = Math.min(...own.map(({ item }) => item.admission?.backlogMax ?? 0));
    const isLikely = unfinished + own.length <= most && backlog.unfinished + items.length <= backlogMost;
    const mark = foreseen.endpoints.get(tenantId)?.mark ?? null;
    return { isLikely, check: { tenantId, mark, unfinishedMax, jobs: own.length, most } };
  });
  if (asked.some(({ isLikely }) => !isLikely)) return null;
  transaction.send(checkTenants, [JSON.stringify(asked.map(({ check }) => check))]);
  const keyed = items.filter(({ item }) => item.idempotency !== null);
  if (keyed.length > 0) {
    transaction.send(checkKeys, [
      keyed.map(({ item }) => item.job.tenantId),
      keyed.map(({ item }) => item.idempotency?.key),
    ]);
  }
  ground.afterCommit(() => foresight.remember(foreseen));
  return foreseen;
}
