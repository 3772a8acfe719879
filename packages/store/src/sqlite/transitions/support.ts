// What the support desk changes: redeliveries.
import type { Act, Delivery, Instant } from "@ringback/core";
import type { Ground } from "../ground.ts";
import { deliveryOf } from "../nouns.ts";
import { redelivered } from "../attempt-states.ts";
import { createAuditRows } from "./audit.ts";
import { createDeliveryRows } from "./delivery-rows.ts";
import { createLaneDue } from "./lane-due.ts";
import { createReceivers } from "./receivers.ts";

export interface SupportTransitions {
  redeliver(
    items: readonly { readonly tenantId: string; readonly deliveryId: string }[],
    now: Instant,
    act?: Act,
  ): (Delivery | null)[];
}

export function createSupportTransitions(ground: Ground): SupportTransitions {
  const deliveries = createDeliveryRows(ground);
  const laneDue = createLaneDue(ground);
  const receivers = createReceivers(ground);
  const audit = createAuditRows(ground);

  return {
    redeliver: (items, now, act) =>
      items.map(({ tenantId, deliveryId }) => {
        const row = deliveries.find(tenantId, deliveryId);
        if (row === null) return null;
        const next = redelivered(row, receivers.policyOf(row), { now, trigger: "manual" });
        deliveries.save([{ earlier: row, next }]);
        const details = { status: row.status };
        audit({ tenantId, action: "delivery.redelivered", subject: deliveryId, details }, act, now);
        const lane = { tenantId, laneId: row.laneId };
        if (next.attemptStartedAt === null) laneDue.sooner(lane, now);
        const { dueAt, paused } = laneDue.recount(lane);
        // The head of an ordered lane is not told of by `sooner`.
        if (dueAt !== null && !paused) ground.effects.ringLane(lane, dueAt);
        return deliveryOf(next, paused);
      }),
  };
}
