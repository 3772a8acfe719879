// The table of the feed's floors. Twin file: byte-identical for every dialect, which speaks through columns.ts only.
import { foreignKey, index, instant, integer, primaryKey, table, text } from "./columns.ts";
import { tenant } from "./schema.ts";

/**
 * How far each tenant's feed has been emptied: events up to `seq`, the last of which was told at `told_at`, are no longer in
 * it. The greatest of all is where deleting goes on. A tenant of which nothing was ever deleted has no row.
 */
export const feedFloor = table(
  "feed_floor",
  {
    tenantId: text("tenant_id").notNull(),
    seq: integer("seq").notNull(),
    toldAt: instant("told_at").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId] }),
    foreignKey({ columns: [t.tenantId], foreignColumns: [tenant.tenantId] }),
    index("feed_floor_greatest").on(t.seq),
  ],
);
