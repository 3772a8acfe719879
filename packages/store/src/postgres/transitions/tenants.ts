// Makes and changes tenants, and rotates their callback secrets.
import type { Act, Instant, NewTenant, Tenant, TenantChange, TenantStore } from "@ringback/core";
import { callbackOwner } from "../../secret-place.ts";
import { changedTenant } from "../../tenant-change.ts";
import type { Ground } from "../ground.ts";
import { tenantOf, type TenantRow } from "../nouns.ts";
import { inserter, rowReader } from "../rows.ts";
import { jobCount, tenant } from "../schema.ts";
import { sendAudit } from "./audit.ts";
import { addSecret } from "./secret-rows.ts";

const reader = rowReader(tenant);
const insertTenant = inserter(tenant, {
  suffix: `on conflict do nothing returning t.tenant_id as "tenantId"`,
});
const insertCount = inserter(jobCount, { suffix: "on conflict do nothing" });
const lockTenant = `select ${reader.list} from tenant as t where t.tenant_id = $1 for no key update`;
// By the key itself: joined to a list of rows, few tenants are gone through as a whole.
const save = `update tenant set name = $2, unfinished_max = $3, running_max = $4, requests_per_minute = $5, updated_at = $6
  where tenant_id = $1`;

/** False when there is one of that id already. */
async function make(ground: Ground, row: TenantRow, callbackSecret: string): Promise<boolean> {
  const { tenantId, createdAt: now } = row;
  const made = await ground.transaction.ask(insertTenant.text, [insertTenant.spell([row])]);
  if (made.length === 0) return false;
  const none = { tenantId, what: "accepted" as const, total: 0 };
  ground.transaction.send(insertCount.text, [insertCount.spell([none])]);
  await addSecret(
    ground,
    { tenantId, owner: callbackOwner },
    { secret: callbackSecret, now, overlapUntil: now },
  );
  return true;
}

export async function ensureTenant(
  ground: Ground,
  { id, callbackSecret }: { readonly id: string; readonly callbackSecret: string },
  now: Instant,
): Promise<boolean> {
  return make(ground, newTenantRow(id, now), callbackSecret);
}

export async function createTenant(
  ground: Ground,
  { id, name, limits, callbackSecret }: NewTenant,
  now: Instant,
  act: Act,
): Promise<Tenant | null> {
  const row = { ...newTenantRow(id, now), name, ...limits };
  if (!(await make(ground, row, callbackSecret))) return null;
  const details = { name, ...limits };
  sendAudit(ground, [{ tenantId: id, action: "tenant.created", subject: id, details }], act, now);
  return tenantOf(row);
}

export async function changeTenant(
  ground: Ground,
  tenantId: string,
  change: TenantChange,
  { now, act }: { readonly now: Instant; readonly act: Act },
): Promise<Tenant | null> {
  const [raw] = await ground.transaction.ask(lockTenant, [tenantId]);
  if (raw === undefined) return null;
  const before = reader.read(raw);
  const changed = changedTenant(before, change, now);
  if (changed === null) return tenantOf(before);
  const { row, details } = changed;
  const { name, unfinishedMax, runningMax, requestsPerMinute, updatedAt } = row;
  ground.transaction.send(save, [tenantId, name, unfinishedMax, runningMax, requestsPerMinute, updatedAt]);
  sendAudit(ground, [{ tenantId, action: "tenant.changed", subject: tenantId, details }], act, now);
  return tenantOf(row);
}

export async function rotateCallbackSecret(
  ground: Ground,
  tenantId: string,
  { secret, overlapUntil, now, act }: Parameters<TenantStore["rotateCallbackSecret"]>[1],
): Promise<void> {
  await addSecret(ground, { tenantId, owner: callbackOwner }, { secret, now, overlapUntil });
  const details = { overlapMs: overlapUntil - now };
  const done = { tenantId, action: "callback_secret.rotated" as const, subject: tenantId, details };
  sendAudit(ground, [done], act, now);
}

function newTenantRow(tenantId: string, createdAt: Instant): TenantRow {
  const limits = { unfinishedMax: null, runningMax: null, requestsPerMinute: null };
  return { tenantId, createdAt, name: null, ...limits, updatedAt: null };
}
