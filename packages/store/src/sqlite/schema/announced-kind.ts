// Which process runs which kinds of job. Twin file: byte-identical for every dialect.
//
// Kinds belong to the installation, so this table has no tenant. A process writes only its own rows, so processes of
// different versions never change each other's; rows of those that are gone are deleted by their age.
import { index, instant, integer, primaryKey, table, text } from "../columns.ts";

export const announcedKind = table(
  "announced_kind",
  {
    holder: text("holder").notNull(),
    kind: text("kind").notNull(),
    runTimeoutMs: integer("run_timeout_ms").notNull(),
    maxRuns: integer("max_runs").notNull(),
    announcedAt: instant("announced_at").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.holder, t.kind] }),
    index("announced_kind_newest").on(t.announcedAt, t.kind),
  ],
);
