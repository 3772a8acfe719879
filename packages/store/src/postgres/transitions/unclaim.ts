// Takes back claims whose attempts were never begun.
import type { HeldLane, Instant, UnbegunAttempt } from "@ringback/core";
import { keyOf } from "../draft.ts";
import type { Ground } from "../ground.ts";
import { isClaimed, unbegunRow } from "../attempt-states.ts";
import { lockDeliveriesOf } from "./attempts.ts";
import { isHeld, lockLanesOf } from "./lane-locks.ts";

export async function unclaimDeliveries(
  ground: Ground,
  lane: HeldLane,
  { items, now }: { readonly items: readonly UnbegunAttempt[]; readonly now: Instant },
): Promise<("unclaimed" | "lost")[]> {
  const { tenantId, laneId } = lane;
  const keys = items.map(({ deliveryId }) => ({ tenantId, deliveryId }));
  const [locked, rows] = await Promise.all([lockLanesOf(ground, [lane]), lockDeliveriesOf(ground, keys)]);
  if (!isHeld(locked, lane)) return items.map(() => "lost");
  ground.draft.recountLane(lane, { ring: false });
  return items.map((item) => {
    const key = keyOf(tenantId, item.deliveryId);
    const row = rows.get(key);
    if (row === undefined || row.laneId !== laneId || !isClaimed(row, item)) return "lost";
    rows.delete(key);
    ground.draft.saveDelivery(unbegunRow(row, now), row);
    return "unclaimed";
  });
}
