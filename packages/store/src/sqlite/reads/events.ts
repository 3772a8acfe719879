// Reads of events, in the order of their commits. Twin file: byte-identical for every dialect.
import { and, asc, desc, eq, exists, gt, inArray, or } from "drizzle-orm";
import type { Instant, ReadStore } from "@ringback/core";
import type { Database } from "../columns.ts";
import { eventOf } from "../nouns.ts";
import { feedFloor } from "../feed-floor.ts";
import { attempt, delivery, event } from "../schema.ts";

export type EventReads = Pick<ReadStore, "listJobEvents" | "readFeed" | "takenEvents" | "feedHead">;

export function createEventReads(database: Database): EventReads {
  async function floorOf(tenantId: string): Promise<{ readonly seq: number; readonly toldAt: Instant }> {
    const [floor] = await database
      .select({ seq: feedFloor.seq, toldAt: feedFloor.toldAt })
      .from(feedFloor)
      .where(eq(feedFloor.tenantId, tenantId));
    return floor ?? { seq: 0, toldAt: 0 };
  }

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
      let from = after ?? (await floorOf(tenantId)).seq;
      for (;;) {
        const rows = await database
          .select()
          .from(event)
          .where(and(eq(event.tenantId, tenantId), gt(event.seq, from)))
          .orderBy(asc(event.seq))
          .limit(limit);
        // Looked at after the events: when nothing behind the position had been deleted by now, none of them is missing.
        const floor = await floorOf(tenantId);
        if (floor.seq <= from) return { kind: "read", after: from, events: rows.map(eventOf) };
        if (after !== null) return { kind: "expired", until: floor.toldAt };
        from = floor.seq;
      }
    },
    async takenEvents(tenantId, eventIds) {
      if (eventIds.length === 0) return new Set();
      const itsAttempts = and(
        eq(attempt.tenantId, delivery.tenantId),
        eq(attempt.deliveryId, delivery.id),
        eq(attempt.outcome, "delivered"),
      );
      const taking = database
        .select({ n: attempt.n })
        .from(delivery)
        .innerJoin(attempt, itsAttempts)
        .where(and(eq(delivery.tenantId, event.tenantId), eq(delivery.eventId, event.id)));
      const rows = await database
        .select({ id: event.id })
        .from(event)
        .where(
          and(
            eq(event.tenantId, tenantId),
            inArray(event.id, [...eventIds]),
            or(eq(event.taken, true), exists(taking)),
          ),
        );
      return new Set(rows.map(({ id }) => id));
    },
    async feedHead(tenantId) {
      const [newest] = await database
        .select({ seq: event.seq })
        .from(event)
        .where(eq(event.tenantId, tenantId))
        .orderBy(desc(event.seq))
        .limit(1);
      return Math.max(newest?.seq ?? 0, (await floorOf(tenantId)).seq);
    },
  };
}
