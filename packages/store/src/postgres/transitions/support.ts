// What the support desk and the owners of endpoints change: endpoints, their pauses, and redeliveries.
import type { Act, Delivery, Endpoint, Instant, NewEndpoint } from "@ringback/core";
import { keyOf } from "../draft.ts";
import type { Ground } from "../ground.ts";
import { deliveryOf, endpointOf, type DeliveryRow } from "../nouns.ts";
import { inserter } from "../rows.ts";
import { endpoint } from "../schema.ts";
import { redelivered } from "../states.ts";
import { sendAudit } from "./audit.ts";
import { lockDeliveriesOf, sendJobLocks, type DeliveryKey } from "./attempts.ts";
import type { AtTime } from "./intake.ts";
import { lockLanesOf } from "./lane-locks.ts";
import { policiesOf } from "./receivers.ts";
import { addSecret } from "./secret-rows.ts";

const insertEndpoints = inserter(endpoint);
const selectLanes = `select tenant_id as "tenantId", lane_id as "laneId" from delivery
  where (tenant_id, id) in (select * from unnest($1::text[], $2::text[]))`;

export async function createEndpoints(
  ground: Ground,
  items: readonly NewEndpoint[],
  now: Instant,
  act?: Act,
): Promise<Endpoint[]> {
  const { transaction, draft, sealing } = ground;
  const rows = items.map((item) => {
    const { headers, ...asked } = item;
    const place = { tenantId: asked.tenantId, table: "endpoint", rowId: asked.id, column: "sealed_headers" };
    const sealedHeaders =
      Object.keys(headers).length === 0 ? null : sealing.seal(JSON.stringify(headers), place);
    const active = { status: "active" as const, pausedReason: null };
    return { ...asked, sealedHeaders, ...active, createdAt: now, updatedAt: now };
  });
  if (rows.length === 0) return [];
  transaction.send(insertEndpoints.text, [insertEndpoints.spell(rows)]);
  for (const { tenantId, id, secret } of items) {
    draft.makeLane({ tenantId, laneId: id }, { endpointId: id });
    await addSecret(ground, { tenantId, owner: id }, { secret, now, overlapUntil: now });
  }
  const done = items.map(({ tenantId, id, host }) => ({
    tenantId,
    action: "endpoint.created" as const,
    subject: id,
    details: { host },
  }));
  sendAudit(ground, done, act, now);
  return rows.map((row) => endpointOf(row, sealing));
}

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
  draft.recountLane(next, { ring: false });
}
