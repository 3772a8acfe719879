// Reads of tenants and of their audit. Twin file: byte-identical for every dialect.
import { and, desc, eq, gte, lt, type SQL } from "drizzle-orm";
import type { AuditFilter, TenantStore } from "@ringback/core";
import type { Database } from "../columns.ts";
import { auditEntryOf, tenantOf } from "../nouns.ts";
import { audit, tenant } from "../schema.ts";
import { isAfter, pageOf } from "./paging.ts";

export type TenantReads = Pick<TenantStore, "getTenant" | "listTenants" | "listAudit">;

export function createTenantReads(database: Database): TenantReads {
  return {
    async getTenant(tenantId) {
      const [row] = await database.select().from(tenant).where(eq(tenant.tenantId, tenantId));
      return row === undefined ? null : tenantOf(row);
    },
    async listTenants(page) {
      const rows = await database
        .select()
        .from(tenant)
        .where(isAfter(page, tenant.createdAt, tenant.tenantId))
        .orderBy(desc(tenant.createdAt), desc(tenant.tenantId))
        .limit(page.limit + 1);
      return pageOf(rows, page.limit, {
        item: tenantOf,
        position: (row) => ({ at: row.createdAt, id: row.tenantId }),
      });
    },
    async listAudit(tenantId, filter, page) {
      const rows = await database
        .select()
        .from(audit)
        .where(and(eq(audit.tenantId, tenantId), ...matches(filter), isAfter(page, audit.at, audit.id)))
        .orderBy(desc(audit.at), desc(audit.id))
        .limit(page.limit + 1);
      return pageOf(rows, page.limit, {
        item: auditEntryOf,
        position: (row) => ({ at: row.at, id: row.id }),
      });
    },
  };
}

function matches({ action, subject, keyId, from, until }: AuditFilter): (SQL | undefined)[] {
  return [
    action === undefined ? undefined : eq(audit.action, action),
    subject === undefined ? undefined : eq(audit.subject, subject),
    keyId === undefined ? undefined : eq(audit.keyId, keyId),
    from === undefined ? undefined : gte(audit.at, from),
    until === undefined ? undefined : lt(audit.at, until),
  ];
}
