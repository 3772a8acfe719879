// Makes tenants, rotates their callback secrets, and keeps API keys.
import type { Instant, NewApiKey, TenantStore } from "@ringback/core";
import { callbackOwner } from "../../secret-place.ts";
import type { Ground } from "../ground.ts";
import { inserter } from "../rows.ts";
import { apiKey, tenant } from "../schema.ts";
import { createSecretRows } from "./secret-rows.ts";

export interface TenantTransitions {
  ensureTenant(asked: { readonly id: string; readonly callbackSecret: string }, now: Instant): boolean;
  rotateCallbackSecret(...options: Parameters<TenantStore["rotateCallbackSecret"]>): void;
  putKeys(items: readonly NewApiKey[], now: Instant): void;
  putFirstKey(item: NewApiKey, now: Instant): boolean;
}

export function createTenantTransitions(ground: Ground): TenantTransitions {
  const { client } = ground;
  const secrets = createSecretRows(ground);
  const insertTenant = inserter(client, tenant, "on conflict do nothing");
  const insertKey = inserter(client, apiKey);
  const dropNamesake = client.prepare<[string, string]>("delete from api_key where tenant_id = ? and id = ?");
  const dropLookalike = client.prepare<[string]>("delete from api_key where lookup = ?");
  const anyKey = client.prepare<[]>("select 1 from api_key limit 1");
  return {
    ensureTenant({ id, callbackSecret }, now) {
      if (insertTenant({ tenantId: id, createdAt: now }).changes === 0) return false;
      const owner = { tenantId: id, owner: callbackOwner };
      secrets.add(owner, { secret: callbackSecret, now, overlapUntil: now });
      return true;
    },
    rotateCallbackSecret(tenantId, { secret, overlapUntil, now }) {
      secrets.add({ tenantId, owner: callbackOwner }, { secret, now, overlapUntil });
    },
    putKeys(items, now) {
      for (const item of items) {
        dropNamesake.run(item.tenantId, item.id);
        dropLookalike.run(item.lookup);
        insertKey({ ...item, createdAt: now });
      }
    },
    putFirstKey(item, now) {
      if (anyKey.get() !== undefined) return false;
      insertKey({ ...item, createdAt: now });
      return true;
    },
  };
}
