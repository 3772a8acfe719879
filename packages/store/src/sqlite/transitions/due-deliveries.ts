// Selects what of a lane is due, in the order in which it is to be sent.
import type { Instant } from "@ringback/core";
import type { Ground } from "../ground.ts";
import type { DeliveryRow, LaneRow } from "../nouns.ts";
import { rowReader, type RawRow } from "../rows.ts";
import { delivery } from "../schema.ts";

export interface DueDeliveries {
  /** At most `limit`, the oldest due first. Of an ordered lane: the next one, and none while it has one in flight. */
  select(lane: LaneRow, now: Instant, limit: number): DeliveryRow[];
  /** How many are due, counted no further than `countedMax`. */
  countDue(lane: LaneRow, now: Instant): number;
}

const countedMax = 1_000_000;

export function createDueDeliveries({ client }: Ground): DueDeliveries {
  const reader = rowReader(delivery);
  const isDue =
    "tenant_id = ? and lane_id = ? and status = 'pending' and attempt_started_at is null and due_at <= ?";
  const selectDue = client.prepare<[string, string, Instant, number], RawRow>(
    `select ${reader.list} from delivery where ${isDue} order by due_at, id limit ?`,
  );
  const selectHead = client.prepare<[string, string, Instant, string], RawRow>(
    `select ${reader.list} from delivery where ${isDue} and id = ?`,
  );
  // What became due within one millisecond is in the order of its events.
  const selectNext = client.prepare<[string, string, Instant, string, string], RawRow>(
    `select ${reader.list} from delivery where ${isDue} and due_at = (
       select min(due_at) from delivery
       where tenant_id = ? and lane_id = ? and status = 'pending' and attempt_started_at is null
     ) order by (
       select seq from event where event.tenant_id = delivery.tenant_id and event.id = delivery.event_id
     ) limit 1`,
  );
  const isInFlight = client
    .prepare<[string, string], number>(
      "select 1 from delivery where tenant_id = ? and lane_id = ? and attempt_started_at is not null limit 1",
    )
    .pluck();
  const count = client
    .prepare<[string, string, Instant, number], number>(
      `select count(*) from (select 1 from delivery where ${isDue} limit ?)`,
    )
    .pluck();

  function selectInOrder({ tenantId, id, headId }: LaneRow, now: Instant): RawRow[] {
    if (isInFlight.get(tenantId, id) !== undefined) return [];
    return headId === null
      ? selectNext.all(tenantId, id, now, tenantId, id)
      : selectHead.all(tenantId, id, now, headId);
  }

  return {
    select(lane, now, limit) {
      if (limit <= 0) return [];
      const raws = lane.ordered
        ? selectInOrder(lane, now)
        : selectDue.all(lane.tenantId, lane.id, now, limit);
      return raws.map(reader.read);
    },
    countDue: ({ tenantId, id }, now) => count.get(tenantId, id, now, countedMax) ?? 0,
  };
}
