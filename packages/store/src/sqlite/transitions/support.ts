// What the support desk and the owners of endpoints change: endpoints, their pauses, and redeliveries.
import type { Act, Delivery, Endpoint, Instant, NewEndpoint, SupportStore } from "@ringback/core";
import type { Ground } from "../ground.ts";
import { deliveryOf, endpointOf } from "../nouns.ts";
import { inserter } from "../rows.ts";
import { endpoint } from "../schema.ts";
import { redelivered } from "../states.ts";
import { createAuditRows } from "./audit.ts";
import { createDeliveryRows } from "./delivery-rows.ts";
import { createEndpointRows } from "./endpoint-rows.ts";
import { createLaneDue } from "./lane-due.ts";
import { createReceivers } from "./receivers.ts";
import { createSecretRows } from "./secret-rows.ts";

export interface SupportTransitions {
  createEndpoints(items: readonly NewEndpoint[], now: Instant, act?: Act): Endpoint[];
  setEndpointStatus(...options: Parameters<SupportStore["setEndpointStatus"]>): Endpoint | null;
  redeliver(
    items: readonly { readonly tenantId: string; readonly deliveryId: string }[],
    now: Instant,
    act?: Act,
  ): (Delivery | null)[];
}

export function createSupportTransitions(ground: Ground): SupportTransitions {
  const { sealing } = ground;
  const insert = inserter(ground.client, endpoint);
  const rows = createEndpointRows(ground);
  const secrets = createSecretRows(ground);
  const deliveries = createDeliveryRows(ground);
  const laneDue = createLaneDue(ground);
  const receivers = createReceivers(ground);
  const audit = createAuditRows(ground);

  function create(item: NewEndpoint, now: Instant, act: Act | undefined): Endpoint {
    const { secret, headers, ...asked } = item;
    const { tenantId, id } = asked;
    const place = { tenantId, table: "endpoint", rowId: id, column: "sealed_headers" };
    const sealedHeaders =
      Object.keys(headers).length === 0 ? null : sealing.seal(JSON.stringify(headers), place);
    const row = {
      ...asked,
      sealedHeaders,
      status: "active" as const,
      pausedReason: null,
      createdAt: now,
      updatedAt: now,
    };
    insert(row);
    laneDue.make({ tenantId, laneId: id }, { endpointId: id });
    secrets.add({ tenantId, owner: id }, { secret, now, overlapUntil: now });
    ground.endpoints.forget(tenantId);
    const details = { host: item.host };
    audit({ tenantId, action: "endpoint.created", subject: id, details }, act, now);
    return endpointOf(row, sealing);
  }

  return {
    createEndpoints: (items, now, act) => items.map((item) => create(item, now, act)),
    setEndpointStatus(key, status, now, act) {
      const before = rows.find(key);
      const row = rows.setStatus(key, status, now);
      if (row === null) return null;
      if (row.status !== before?.status) {
        const action = row.status === "paused" ? "endpoint.paused" : "endpoint.resumed";
        audit({ tenantId: key.tenantId, action, subject: key.endpointId }, act, now);
      }
      return endpointOf(row, sealing);
    },
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
        return deliveryOf(next, laneDue.recount(lane).paused);
      }),
  };
}
