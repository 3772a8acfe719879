// The tables of receivers: registered endpoints, and the lanes of everything that is owed. Twin file: byte-identical for every
// dialect.
import { sql } from "drizzle-orm/sql/sql";
import {
  pauseReasons,
  signatureForms,
  type EndpointStatus,
  type EventPatterns,
  type LaneHealth,
  type Metadata,
  type PauseReason,
  type RetryPolicy,
  type SignatureForm,
} from "@ringback/core";
import {
  check,
  flag,
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
} from "../columns.ts";
import { tenant } from "./tenants.ts";

/** One that is deleted stays as long as deliveries refer to it; nobody reads it any more. */
export const endpoint = table(
  "endpoint",
  {
    tenantId: text("tenant_id").notNull(),
    id: text("id").notNull(),
    url: text("url").notNull(),
    host: text("host").notNull(),
    events: json<EventPatterns>("events").notNull(),
    description: text("description"),
    sealedHeaders: text("sealed_headers"),
    retry: json<RetryPolicy>("retry"),
    timeoutMs: integer("timeout_ms"),
    status: text("status").$type<EndpointStatus>().notNull(),
    pausedReason: text("paused_reason").$type<PauseReason>(),
    metadata: json<Metadata>("metadata").notNull(),
    createdAt: instant("created_at").notNull(),
    updatedAt: instant("updated_at").notNull(),
    maxInFlight: integer("max_in_flight"),
    ratePerSecond: integer("rate_per_second"),
    ordered: flag("ordered").notNull().default(false),
    signature: text("signature").$type<SignatureForm>().notNull().default("standard"),
    deletedAt: instant("deleted_at"),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    foreignKey({ columns: [t.tenantId], foreignColumns: [tenant.tenantId] }),
    index("endpoint_newest").on(t.tenantId, t.createdAt, t.id),
    partialIndex(
      "endpoint_sealed_with",
      [sealedWith(t.sealedHeaders), t.tenantId, t.id],
      sql`${t.sealedHeaders} is not null`,
    ),
    check("endpoint_status", oneOf(t.status, ["active", "paused"])),
    check("endpoint_paused_reason", oneOf(t.pausedReason, pauseReasons)),
    check("endpoint_paused", sql`(${t.status} = 'paused') = (${t.pausedReason} is not null)`),
    check("endpoint_signature", oneOf(t.signature, signatureForms)),
  ],
);

/**
 * Everything owed to one receiver. `due_at` is when its next delivery may be claimed: the earliest due time of those that are
 * pending and not in flight (of `head_id` alone while that one holds up an ordered lane), and not before `not_before`.
 * The limits are its endpoint's, kept here so that a claim reads one row. Of a closed lane nothing is sent any more.
 */
export const lane = table(
  "lane",
  {
    tenantId: text("tenant_id").notNull(),
    id: text("id").notNull(),
    endpointId: text("endpoint_id"),
    origin: text("origin"),
    paused: flag("paused").notNull(),
    dueAt: instant("due_at"),
    claimedBy: text("claimed_by"),
    leaseUntil: instant("lease_until"),
    token: integer("token").notNull(),
    maxInFlight: integer("max_in_flight"),
    ratePerSecond: integer("rate_per_second"),
    ordered: flag("ordered").notNull().default(false),
    closed: flag("closed").notNull().default(false),
    headId: text("head_id"),
    notBefore: instant("not_before"),
    servedAt: instant("served_at"),
    health: json<LaneHealth>("health"),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    foreignKey({ columns: [t.tenantId], foreignColumns: [tenant.tenantId] }),
    foreignKey({ columns: [t.tenantId, t.endpointId], foreignColumns: [endpoint.tenantId, endpoint.id] }),
    partialIndex(
      "lane_due",
      [t.dueAt],
      sql`${t.claimedBy} is null and not ${t.paused} and ${t.dueAt} is not null`,
    ),
    partialIndex("lane_leased", [t.leaseUntil], sql`${t.claimedBy} is not null`),
    partialIndex("lane_closed", [t.dueAt], sql`${t.closed}`),
    check("lane_receiver", sql`(${t.endpointId} is null) = (${t.origin} is not null)`),
    check("lane_claimed", sql`(${t.claimedBy} is null) = (${t.leaseUntil} is null)`),
  ],
);
