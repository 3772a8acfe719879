// The tenants' part of the fake store: tenants, keys and the audit, in memory.
import {
  noLimits,
  type Act,
  type ApiKey,
  type AuditAction,
  type AuditEntry,
  type CallbackSecret,
  type NewApiKey,
  type Tenant,
  type TenantStore,
} from "@ringback/core";
import { pageOf } from "./page-of.ts";

export interface FakeTenants {
  readonly tenants: TenantStore;
  readonly tenantRows: Map<string, Tenant>;
  /** By lookup. */
  readonly keys: Map<string, ApiKey>;
  readonly secrets: Map<string, CallbackSecret[]>;
  /** In the order it was written. */
  readonly audit: AuditEntry[];
  record(
    action: AuditAction,
    done: Pick<AuditEntry, "tenantId" | "subject" | "at">,
    act: Act | undefined,
  ): void;
}

export function createFakeTenants(fault: () => Error | null): FakeTenants {
  const keys = new Map<string, ApiKey>();
  const tenantRows = new Map<string, Tenant>();
  const secrets = new Map<string, CallbackSecret[]>();
  const audit: AuditEntry[] = [];
  const record: FakeTenants["record"] = (action, done, act) => {
    const id = `aud_${String(audit.length).padStart(26, "0")}`;
    if (act !== undefined) audit.push({ ...done, id, action, ...act, details: {} });
  };
  const find = (tenantId: string, keyId: string): ApiKey | null =>
    [...keys.values()].find((key) => key.tenantId === tenantId && key.id === keyId) ?? null;
  const rowOf = (key: NewApiKey, createdAt: number): ApiKey => ({
    description: null,
    ...key,
    createdAt,
    revokedAt: null,
    lastUsedAt: null,
  });
  const tenants: TenantStore = {
    ensureTenant: async () => false,
    async createTenant({ id, name, limits, callbackSecret }, now, act) {
      if (tenantRows.has(id)) return null;
      const tenant = { id, name, limits, createdAt: now, updatedAt: now };
      tenantRows.set(id, tenant);
      secrets.set(id, [{ secret: callbackSecret, createdAt: now, expiresAt: null }]);
      record("tenant.created", { tenantId: id, subject: id, at: now }, act);
      return tenant;
    },
    async changeTenant(tenantId, { name, limits }, now, act) {
      const before = tenantRows.get(tenantId);
      if (before === undefined) return null;
      const named = name === undefined ? before : { ...before, name };
      const tenant = { ...named, limits: { ...before.limits, ...limits }, updatedAt: now };
      tenantRows.set(tenantId, tenant);
      record("tenant.changed", { tenantId, subject: tenantId, at: now }, act);
      return tenant;
    },
    getTenant: async (tenantId) => tenantRows.get(tenantId) ?? null,
    listTenants: async (page) => pageOf([...tenantRows.values()], page),
    async rotateCallbackSecret(tenantId, { secret, overlapUntil, now, act }) {
      const before = (secrets.get(tenantId) ?? []).map((one) => ({
        ...one,
        expiresAt: one.expiresAt ?? overlapUntil,
      }));
      secrets.set(tenantId, [{ secret, createdAt: now, expiresAt: null }, ...before]);
      record("callback_secret.rotated", { tenantId, subject: tenantId, at: now }, act);
    },
    putKeys: async () => undefined,
    async createKey(key, now, act) {
      if (!tenantRows.has(key.tenantId)) return null;
      const row = rowOf(key, now);
      keys.set(key.lookup, row);
      record("key.created", { tenantId: key.tenantId, subject: key.id, at: now }, act);
      return row;
    },
    async revokeKey({ tenantId, keyId }, now, act) {
      const key = find(tenantId, keyId);
      if (key === null || key.revokedAt !== null) return key;
      const revoked = { ...key, revokedAt: now };
      keys.set(key.lookup, revoked);
      record("key.revoked", { tenantId, subject: keyId, at: now }, act);
      return revoked;
    },
    async noteKeyUse({ tenantId, keyId }, at) {
      const key = find(tenantId, keyId);
      if (key !== null) keys.set(key.lookup, { ...key, lastUsedAt: at });
    },
    getKey: async (tenantId, keyId) => find(tenantId, keyId),
    listKeys: async (tenantId, page) =>
      pageOf(
        [...keys.values()].filter((key) => key.tenantId === tenantId),
        page,
      ),
    async findKey(lookup) {
      const thrown = fault();
      if (thrown !== null) throw thrown;
      const key = keys.get(lookup);
      if (key === undefined) return null;
      return { ...key, limits: tenantRows.get(key.tenantId)?.limits ?? noLimits };
    },
    putFirstKey: async () => keys.size === 0,
    async listAudit(tenantId, { action, subject, keyId, from = 0, until = Infinity }, page) {
      const found = audit
        .filter((entry) => entry.tenantId === tenantId && entry.at >= from && entry.at < until)
        .filter((entry) => (action ?? entry.action) === entry.action)
        .filter((entry) => (subject ?? entry.subject) === entry.subject)
        .filter((entry) => keyId === undefined || entry.by?.keyId === keyId);
      return pageOf(
        found.map((entry) => ({ ...entry, createdAt: entry.at })),
        page,
      );
    },
  };
  return { tenants, tenantRows, keys, secrets, audit, record };
}
