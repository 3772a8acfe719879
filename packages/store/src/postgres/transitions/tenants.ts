// Makes tenants, rotates their callback secrets, and keeps API keys.
import type { Instant, NewApiKey } from "@ringback/core";
import { callbackOwner } from "../../secret-place.ts";
import type { Ground } from "../ground.ts";
import { inserter } from "../rows.ts";
import { apiKey, tenant } from "../schema.ts";
import { addSecret } from "./secret-rows.ts";

const insertTenant = inserter(tenant, {
  suffix: `on conflict do nothing returning t.tenant_id as "tenantId"`,
});
const insertKey = inserter(apiKey);
const dropReplaced = "delete from api_key where (tenant_id = $1 and id = $2) or lookup = $3";

/** Any number; it tells this lock from others that one may take in the same database. */
const firstKeyLock = "select pg_advisory_xact_lock(724615)";

export async function ensureTenant(
  ground: Ground,
  { id, callbackSecret }: { readonly id: string; readonly callbackSecret: string },
  now: Instant,
): Promise<boolean> {
  const made = await ground.transaction.ask(insertTenant.text, [
    insertTenant.spell([{ tenantId: id, createdAt: now }]),
  ]);
  if (made.length === 0) return false;
  const owner = { tenantId: id, owner: callbackOwner };
  await addSecret(ground, owner, { secret: callbackSecret, now, overlapUntil: now });
  return true;
}

export async function putKeys(
  { transaction }: Ground,
  items: readonly NewApiKey[],
  now: Instant,
): Promise<void> {
  if (items.length === 0) return;
  transaction.mark();
  // One after the other, since a list may hold the same key twice.
  for (const item of items) {
    transaction.send(dropReplaced, [item.tenantId, item.id, item.lookup]);
    transaction.send(insertKey.text, [insertKey.spell([{ ...item, createdAt: now }])]);
  }
}

/** Processes that start together wait for one another here; the later ones find the first one's key. */
export async function putFirstKey({ transaction }: Ground, item: NewApiKey, now: Instant): Promise<boolean> {
  transaction.mark();
  transaction.send(firstKeyLock);
  const known = await transaction.ask("select 1 from api_key limit 1");
  if (known.length > 0) return false;
  transaction.send(insertKey.text, [insertKey.spell([{ ...item, createdAt: now }])]);
  return true;
}
