// Replays: operations that redeliver many dead letters, and their items. Twin file: byte-identical for every dialect.
//
// An item is one row of its delivery within its replay, so it cannot be made twice. It refers to no delivery: that may be
// deleted before the replay is, and then the item is history.
import {
  replayItemStates,
  replayStatuses,
  type ReplayItemState,
  type ReplayPlan,
  type ReplayStatus,
} from "@ringback/core";
import { sql } from "drizzle-orm/sql/sql";
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
  table,
  text,
  together,
  uniqueIndex,
} from "../columns.ts";
import { tenant } from "./tenants.ts";

/**
 * `selection` is the filter as text: of two unfinished replays with the same one the second is refused. `looked_at` and
 * `looked_id` are how far the dead letters have been looked through while its items are being fixed.
 */
export const replay = table(
  "replay",
  {
    tenantId: text("tenant_id").notNull(),
    id: text("id").notNull(),
    status: text("status").$type<ReplayStatus>().notNull(),
    plan: json<ReplayPlan>("plan").notNull(),
    selection: text("selection").notNull(),
    total: integer("total").notNull(),
    waiting: integer("waiting").notNull(),
    underWay: integer("under_way").notNull(),
    delivered: integer("delivered").notNull(),
    failed: integer("failed").notNull(),
    skipped: integer("skipped").notNull(),
    judgedDelivered: integer("judged_delivered").notNull(),
    judgedFailed: integer("judged_failed").notNull(),
    lookedAt: instant("looked_at"),
    lookedId: text("looked_id"),
    nextAt: instant("next_at").notNull(),
    claimedBy: text("claimed_by"),
    leaseUntil: instant("lease_until"),
    token: integer("token").notNull(),
    createdAt: instant("created_at").notNull(),
    finishedAt: instant("finished_at"),
    version: integer("version").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    foreignKey({ columns: [t.tenantId], foreignColumns: [tenant.tenantId] }),
    index("replay_newest").on(t.tenantId, t.createdAt, t.id),
    uniqueIndex("replay_unfinished")
      .on(t.tenantId, t.selection)
      .where(sql`${t.finishedAt} is null`),
    partialIndex("replay_working", [t.nextAt], sql`${t.status} in ('preparing', 'running')`),
    partialIndex("replay_finished", [t.finishedAt], sql`${t.finishedAt} is not null`),
    check("replay_status", oneOf(t.status, replayStatuses)),
    check("replay_finished", sql`(${t.status} in ('completed', 'canceled')) = (${t.finishedAt} is not null)`),
    check("replay_claimed", together(t.claimedBy, t.leaseUntil)),
    check("replay_looked", together(t.lookedAt, t.lookedId)),
    check(
      "replay_counts",
      sql`${t.waiting} >= 0 and ${t.underWay} >= 0 and ${t.total} = ${t.waiting} + ${t.underWay} + ${t.delivered} + ${t.failed} + ${t.skipped}`,
    ),
  ],
);

/** `n` is the order in which they are made; `attempts_before` tells the replay's attempt from those before it. */
export const replayItem = table(
  "replay_item",
  {
    tenantId: text("tenant_id").notNull(),
    replayId: text("replay_id").notNull(),
    deliveryId: text("delivery_id").notNull(),
    n: integer("n").notNull(),
    state: text("state").$type<ReplayItemState>().notNull(),
    attemptsBefore: integer("attempts_before"),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.replayId, t.deliveryId] }),
    foreignKey({ columns: [t.tenantId, t.replayId], foreignColumns: [replay.tenantId, replay.id] }),
    partialIndex("replay_item_waiting", [t.tenantId, t.replayId, t.n], sql`${t.state} = 'waiting'`),
    partialIndex("replay_item_under_way", [t.tenantId, t.replayId, t.n], sql`${t.state} = 'under_way'`),
    check("replay_item_state", oneOf(t.state, replayItemStates)),
    check("replay_item_under_way", sql`${t.state} <> 'under_way' or ${t.attemptsBefore} is not null`),
  ],
);

/** How far a step of the retention has come that leaves no other trace in the rows. */
export const retentionMark = table("retention_mark", {
  what: text("what").primaryKey(),
  at: instant("at").notNull(),
});
