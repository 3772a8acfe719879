// Reads of events, in the order of their commits. Twin file: byte-identical for every dialect.
import { and, asc, desc, eq, gt } from "drizzle-orm";
import type { ReadStore } from "@ringback/core";
import type { Database } from "../columns.ts";
import { eventOf } from "../nouns.ts";
import { event } from "../schema.ts";

export type EventReads = Pick<ReadStore, "listJobEvents" | "readFeed" | "feedHead">;

export function createEventReads(database: Database): EventReads {
  return {
    async listJobEvents(tenantId, jobId, { after, limit }) {
      const rows = await database
        .select()
        .from(event)
        .where(and(eq(event.tenantId, tenantId), eq(event.jobId, jobId), gt(event.seq, after)))
        .orderBy(asc(event.seq))
        .limit(limit);
      return rows.map(eventOf);
    },
    async readFeed(tenantId, { after, limit }) {
      const rows = await database
        .select()
        .from(event)
        .where(and(eq(event.tenantId, tenantId), gt(event.seq, after)))
        .orderBy(asc(event.seq))
        .limit(limit);
      return rows.map(eventOf);
    },
    async feedHead(tenantId) {
      const [newest] = await database
        .select({ seq: event.seq })
        .from(event)
        .where(eq(event.tenantId, tenantId))
        .orderBy(desc(event.seq))
        .limit(1);
      return newest?.seq ?? 0;
    },
  };
}
