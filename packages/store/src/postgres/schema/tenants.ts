// The tables of tenants: their limits, keys, secrets, audit, and how many of their jobs are unfinished. Twin file:
// byte-identical for every dialect.
import { sql } from "drizzle-orm";
import type { AuditAction, AuditDetails, Scope } from "@ringback/core";
import {
  check,
  foreignKey,
  index,
  instant,
  integer,
  json,
  oneOf,
  partialIndex,
  primaryKey,
  sealedWith,
  table,
  text,
  together,
  uniqueIndex,
} from "../columns.ts";

/** A limit that is null is the installation's default. `updated_at` is null until something is changed. */
export const tenant = table(
  "tenant",
  {
    tenantId: text("tenant_id").primaryKey(),
    createdAt: instant("created_at").notNull(),
    name: text("name"),
    unfinishedMax: integer("unfinished_max"),
    runningMax: integer("running_max"),
    requestsPerMinute: integer("requests_per_minute"),
    updatedAt: instant("updated_at"),
  },
  (t) => [index("tenant_newest").on(t.createdAt, t.tenantId)],
);

export const apiKey = table(
  "api_key",
  {
    tenantId: text("tenant_id").notNull(),
    id: text("id").notNull(),
    lookup: text("lookup").notNull(),
    hash: text("hash").notNull(),
    scopes: json<readonly Scope[]>("scopes").notNull(),
    createdAt: instant("created_at").notNull(),
    expiresAt: instant("expires_at"),
    revokedAt: instant("revoked_at"),
    description: text("description"),
    lastUsedAt: instant("last_used_at"),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    foreignKey({ columns: [t.tenantId], foreignColumns: [tenant.tenantId] }),
    uniqueIndex("api_key_lookup").on(t.lookup),
    index("api_key_newest").on(t.tenantId, t.createdAt, t.id),
  ],
);

/** `owner` is an endpoint's id, or `callback` for the tenant's own; `n` counts 1, 2, … per owner, the newest signs first. A pair's public key lies in the clear. */
export const signingSecret = table(
  "signing_secret",
  {
    tenantId: text("tenant_id").notNull(),
    owner: text("owner").notNull(),
    n: integer("n").notNull(),
    sealed: text("sealed").notNull(),
    createdAt: instant("created_at").notNull(),
    expiresAt: instant("expires_at"),
    publicKey: text("public_key"),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.owner, t.n] }),
    foreignKey({ columns: [t.tenantId], foreignColumns: [tenant.tenantId] }),
    index("signing_secret_sealed_with").on(sealedWith(t.sealed), t.tenantId, t.owner, t.n),
    partialIndex("signing_secret_expiry", [t.expiresAt], sql`${t.expiresAt} is not null`),
  ],
);

/** Written with the act and never changed. Without a key it was Ringback itself, by its settings. */
export const audit = table(
  "audit",
  {
    tenantId: text("tenant_id").notNull(),
    id: text("id").notNull(),
    at: instant("at").notNull(),
    action: text("action").$type<AuditAction>().notNull(),
    subject: text("subject").notNull(),
    keyTenantId: text("key_tenant_id"),
    keyId: text("key_id"),
    reason: text("reason"),
    details: json<AuditDetails>("details").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    foreignKey({ columns: [t.tenantId], foreignColumns: [tenant.tenantId] }),
    index("audit_newest").on(t.tenantId, t.at, t.id),
    index("audit_of_subject").on(t.tenantId, t.subject, t.at, t.id),
    check("audit_key", together(t.keyTenantId, t.keyId)),
  ],
);

/**
 * How many jobs a tenant has had accepted, and how many of them have ended; the difference is unfinished. Two rows, so that
 * those who accept and those who end never wait for each other.
 */
export const jobCount = table(
  "job_count",
  {
    tenantId: text("tenant_id").notNull(),
    what: text("what").$type<"accepted" | "ended">().notNull(),
    total: integer("total").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.what] }),
    foreignKey({ columns: [t.tenantId], foreignColumns: [tenant.tenantId] }),
    check("job_count_what", oneOf(t.what, ["accepted", "ended"])),
  ],
);
