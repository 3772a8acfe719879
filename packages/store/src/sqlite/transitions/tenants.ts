// Makes and changes tenants, and rotates their callback secrets.
import type { Act, Instant, Tenant, TenantStore } from "@ringback/core";
import { callbackOwner } from "../../secret-place.ts";
import { changedTenant } from "../../tenant-change.ts";
import type { Ground } from "../ground.ts";
import { tenantOf, type TenantRow } from "../nouns.ts";
import { inserter, rowReader, saver, type RawRow } from "../rows.ts";
import { jobCount, tenant } from "../schema.ts";
import { createAuditRows } from "./audit.ts";
import { createSecretRows } from "./secret-rows.ts";

export interface TenantTransitions {
  ensureTenant(asked: { readonly id: string; readonly callbackSecret: string }, now: Instant): boolean;
  createTenant(asked: Parameters<TenantStore["createTenant"]>[0], now: Instant, act: Act): Tenant | null;
  changeTenant(...options: Parameters<TenantStore["changeTenant"]>): Tenant | null;
  rotateCallbackSecret(...options: Parameters<TenantStore["rotateCallbackSecret"]>): void;
}

export function createTenantTransitions(ground: Ground): TenantTransitions {
  const { client } = ground;
  const secrets = createSecretRows(ground);
  const audit = createAuditRows(ground);
  const reader = rowReader(tenant);
  const insert = inserter(client, tenant, "on conflict do nothing");
  const insertCount = inserter(client, jobCount);
  const select = client.prepare<[string], RawRow>(`select ${reader.list} from tenant where tenant_id = ?`);
  const save = saver(client, tenant, {
    set: ["name", "unfinishedMax", "runningMax", "requestsPerMinute", "updatedAt"],
    key: ["tenantId"],
  });

  /** False when there is one of that id already. */
  function make(row: TenantRow, callbackSecret: string): boolean {
    const { tenantId, createdAt: now } = row;
    if (insert(row).changes === 0) return false;
    insertCount({ tenantId, what: "accepted", total: 0 });
    secrets.add({ tenantId, owner: callbackOwner }, { secret: callbackSecret, now, overlapUntil: now });
    ground.tenants.forget(tenantId);
    return true;
  }
  return {
    ensureTenant: ({ id, callbackSecret }, now) => make(newTenantRow(id, now), callbackSecret),
    createTenant({ id, name, limits, callbackSecret }, now, act) {
      const row = { ...newTenantRow(id, now), name, ...limits };
      if (!make(row, callbackSecret)) return null;
      audit({ tenantId: id, action: "tenant.created", subject: id, details: { name, ...limits } }, act, now);
      return tenantOf(row);
    },
    changeTenant(tenantId, change, now, act) {
      const raw = select.get(tenantId);
      if (raw === undefined) return null;
      const before = reader.read(raw);
      const changed = changedTenant(before, change, now);
      if (changed === null) return tenantOf(before);
      const { row, details } = changed;
      save(row);
      ground.tenants.forget(tenantId);
      audit({ tenantId, action: "tenant.changed", subject: tenantId, details }, act, now);
      return tenantOf(row);
    },
    rotateCallbackSecret(tenantId, { secret, overlapUntil, now, act }) {
      secrets.add({ tenantId, owner: callbackOwner }, { secret, now, overlapUntil });
      const details = { overlapMs: overlapUntil - now };
      audit({ tenantId, action: "callback_secret.rotated", subject: tenantId, details }, act, now);
    },
  };
}

function newTenantRow(tenantId: string, createdAt: Instant): TenantRow {
  const limits = { unfinishedMax: null, runningMax: null, requestsPerMinute: null };
  return { tenantId, createdAt, name: null, ...limits, updatedAt: null };
}
