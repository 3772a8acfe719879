// What the support desk changes: redeliveries.
import type { Act, Delivery, Instant } from "@ringback/core";
import { keyOf } from "../draft.ts";
import type { Ground } from "../ground.ts";
import { deliveryOf, type DeliveryRow } from "../nouns.ts";
import { redelivered } from "../attempt-states.ts";
import { sendAudit } from "./audit.ts";
import { lockDeliveriesOf, sendJobLocks, type DeliveryKey } from "./attempts.ts";
import type { AtTime } from "../at-time.ts";
import { lockLanesOf } from "./lane-locks.ts";
import { policiesOf } from "./receivers.ts";

const selectLanes = `select tenant_id as "tenantId", lane_id as "laneId" from delivery
  where (tenant_id, id) in (select * from unnest($1::text[], $2::text[]))`;

export interface Redelivery extends DeliveryKey {
  readonly act: Act | undefined;
}

export async function redeliver(
  ground: Ground,
  items: readonly AtTime<Redelivery>[],
): Promise<(Delivery | null)[]> {
  const keys = items.map(({ item }) => item);
  sendJobLocks(ground, keys);
  const lanes = await ground.transaction.ask<{ tenantId: string; laneId: string }>(selectLanes, [
    keys.map(({ tenantId }) => tenantId),
    keys.map(({ deliveryId }) => deliveryId),
  ]);
  const [locked, rows] = await Promise.all([lockLanesOf(ground, lanes), lockDeliveriesOf(ground, keys)]);
  const policyOf = await policiesOf(ground, [...rows.values()]);
  return items.map(({ item, now }) => {
    const key = keyOf(item.tenantId, item.deliveryId);
    const row = rows.get(key);
    if (row === undefined) return null;
    const next = redelivered(row, policyOf(row), { now, trigger: "manual" });
    save(ground, next, { earlier: row, now });
    rows.set(key, next);
    const { tenantId, id: subject } = row;
    const details = { status: row.status };
    sendAudit(ground, [{ tenantId, action: "delivery.redelivered", subject, details }], item.act, now);
    return deliveryOf(next, locked.get(keyOf(row.tenantId, row.laneId))?.paused ?? false);
  });
}

function save(
  { draft }: Ground,
  next: DeliveryRow,
  { earlier, now }: { readonly earlier: DeliveryRow; readonly now: Instant },
): void {
  draft.saveDelivery(next, earlier);
  if (next.attemptStartedAt === null) draft.laneSooner(next, now);
  // The head of an ordered lane is not told of by `laneSooner`.
  draft.recountLane(next, { ring: true });
}
