// Deletes finished deliveries with their attempts and dead letters, and takes events out of the feed, when their time is over.
//
// Events leave the feed in the order of `seq`, each tenant's floor moving with them in the same transaction. One that a
// delivery needs is passed: it goes together with the last of its deliveries. So every event is looked at once here, and
// those that must stay, however many, cost nothing later.
import type { Expiry, Instant } from "@ringback/core";
import {
  floorsOf,
  leavingFeed,
  overSince,
  withinLimit,
  type OverDelivery,
  type ToldEvent,
} from "../../retention-batch.ts";
import type { Ground } from "../ground.ts";

export interface RetentionTransitions {
  /** How many rows it dealt with; fewer than `limit` when nothing is left. */
  deleteOver(expiry: Expiry): number;
}

interface ToldRow extends Omit<ToldEvent, "needed"> {
  readonly needed: number;
}

export function createRetention({ client }: Ground): RetentionTransitions {
  const selectOver = client.prepare<[string, Instant, number], OverDelivery>(
    `select tenant_id as "tenantId", id, event_id as "eventId", attempts from delivery
     where status = ? and finished_at <= ? order by finished_at limit ?`,
  );
  const deleteAttempts = client.prepare<[string, string]>(
    "delete from attempt where tenant_id = ? and delivery_id = ?",
  );
  const deleteLetter = client.prepare<[string, string]>(
    "delete from dead_letter where tenant_id = ? and delivery_id = ?",
  );
  const deleteDelivery = client.prepare<[string, string]>(
    "delete from delivery where tenant_id = ? and id = ?",
  );
  // The attempts have told so until now. What has left the feed is not asked for any more.
  const markTaken = client.prepare<[string, string, string]>(
    `update event set taken = 1 where tenant_id = ? and id = ? and not taken
       and seq > coalesce((select floor.seq from feed_floor as floor where floor.tenant_id = event.tenant_id), 0)
       and exists (
         select 1 from attempt where attempt.tenant_id = event.tenant_id and delivery_id = ? and outcome = 'delivered'
       )`,
  );
  // One beyond the floor is still in the feed.
  const deletePassed = client.prepare<[string, string]>(
    `delete from event where tenant_id = ? and id = ?
       and seq <= (select floor.seq from feed_floor as floor where floor.tenant_id = event.tenant_id)
       and not exists (
         select 1 from delivery where delivery.tenant_id = event.tenant_id and delivery.event_id = event.id
       )`,
  );
  const selectTold = client.prepare<[number], ToldRow>(
    `select tenant_id as "tenantId", seq, created_at as "createdAt", exists (
         select 1 from delivery where delivery.tenant_id = event.tenant_id and delivery.event_id = event.id
       ) as needed
     from event where seq > coalesce((select max(seq) from feed_floor), 0) order by seq limit ?`,
  );
  const deleteEvent = client.prepare<[number]>("delete from event where seq = ?");
  const raiseFloor = client.prepare<[string, number, Instant]>(
    `insert into feed_floor (tenant_id, seq, told_at) values (?, ?, ?)
     on conflict (tenant_id) do update set seq = excluded.seq, told_at = excluded.told_at
       where excluded.seq > feed_floor.seq`,
  );

  function deleteDeliveries(expiry: Expiry, limit: number): number {
    let done = 0;
    for (const { status, until } of overSince(expiry)) {
      if (done >= limit) break;
      const over = selectOver.all(status, until, limit - done);
      const { taken, rows } = withinLimit(over, limit - done);
      for (const { tenantId, id, eventId } of taken) {
        markTaken.run(tenantId, eventId, id);
        deleteAttempts.run(tenantId, id);
        deleteLetter.run(tenantId, id);
        deleteDelivery.run(tenantId, id);
        deletePassed.run(tenantId, eventId);
      }
      done += rows;
    }
    return done;
  }

  function emptyFeed(expiry: Expiry, limit: number): number {
    const tell = (count: number): readonly ToldEvent[] =>
      selectTold.all(count).map((row) => ({ ...row, needed: row.needed !== 0 }));
    // Most of the time the oldest is too young, and the others need not be looked at.
    if (leavingFeed(tell(1), expiry).length === 0) return 0;
    const leaving = leavingFeed(tell(limit), expiry);
    for (const { seq, needed } of leaving) if (!needed) deleteEvent.run(seq);
    for (const { tenantId, seq, createdAt } of floorsOf(leaving)) raiseFloor.run(tenantId, seq, createdAt);
    return leaving.length;
  }

  return {
    deleteOver(expiry) {
      const done = deleteDeliveries(expiry, expiry.limit);
      return done >= expiry.limit ? done : done + emptyFeed(expiry, expiry.limit - done);
    },
  };
}
