// What the owners of endpoints do with them: making, changing, pausing, trying out and deleting them, and rotating secrets.
import {
  makeId,
  testEventBody,
  testEventType,
  withoutQuery,
  type Act,
  type Delivery,
  type Endpoint,
  type EndpointKey,
  type EndpointStore,
  type Instant,
  type NewEndpoint,
} from "@ringback/core";
import { canceledDelivery, changedEndpoint } from "../../endpoint-change.ts";
import { testLaneOf } from "../../lane-state.ts";
import type { Ground } from "../ground.ts";
import { deliveryOf, endpointOf, type DeliveryRow, type EndpointRow } from "../nouns.ts";
import { inserter, rowReader, type RawRow } from "../rows.ts";
import { delivery, endpoint } from "../schema.ts";
import { createAuditRows } from "./audit.ts";
import { createDeliveryRows } from "./delivery-rows.ts";
import { createEndpointRows } from "./endpoint-rows.ts";
import { createEvents } from "./events.ts";
import { createLaneDue, type LaneKey } from "./lane-due.ts";
import { createOperational } from "./operational.ts";
import { createSecretRows } from "./secret-rows.ts";

type Verb<Name extends keyof EndpointStore> = (
  ...options: Parameters<EndpointStore[Name]>
) => Awaited<ReturnType<EndpointStore[Name]>>;

export interface EndpointTransitions {
  readonly createEndpoints: Verb<"createEndpoints">;
  readonly changeEndpoint: Verb<"changeEndpoint">;
  readonly setEndpointStatus: Verb<"setEndpointStatus">;
  readonly rotateEndpointSecret: Verb<"rotateEndpointSecret">;
  readonly testEndpoint: Verb<"testEndpoint">;
  /** Deletes it and closes its lanes; what it was owed is left to `cancelOwed`. */
  readonly closeEndpoint: Verb<"deleteEndpoint">;
  /** Cancels pending deliveries of closed lanes, at most `limit`; how many. */
  readonly cancelOwed: (options: { readonly now: Instant; readonly limit: number }) => number;
  /** Deletes the rows of deleted endpoints that nothing refers to any more, at most `limit`; how many. */
  readonly forgetDeleted: (limit: number) => number;
}

const reader = rowReader(delivery);

export function createEndpointTransitions(ground: Ground): EndpointTransitions {
  const { client, sealing, random } = ground;
  const insert = inserter(client, endpoint);
  const rows = createEndpointRows(ground);
  const secrets = createSecretRows(ground);
  const deliveries = createDeliveryRows(ground);
  const events = createEvents(ground);
  const laneDue = createLaneDue(ground);
  const operational = createOperational(ground);
  const audit = createAuditRows(ground);
  const markDeleted = client.prepare<[Instant, string, string]>(
    `update endpoint set deleted_at = ?, sealed_headers = null, events = '[]' where tenant_id = ? and id = ?`,
  );
  // Due is what is still to be canceled.
  const closeLanes = client.prepare<[string, string]>(
    `update lane set closed = 1, paused = 1, head_id = null, health = null, not_before = null, due_at = (
       select min(due_at) from delivery where delivery.tenant_id = lane.tenant_id and lane_id = lane.id
         and status = 'pending' and attempt_started_at is null
     ) where tenant_id = ? and id in (select value from json_each(?))`,
  );
  const countWaiting = client
    .prepare<[string, string], number>(
      `select count(*) from delivery where tenant_id = ? and lane_id in (select value from json_each(?))
         and status = 'pending' and attempt_started_at is null`,
    )
    .pluck();
  const countInFlight = client
    .prepare<[string, string], number>(
      `select count(*) from delivery where tenant_id = ? and lane_id in (select value from json_each(?))
         and attempt_started_at is not null`,
    )
    .pluck();
  const selectClosed = client.prepare<[], LaneKey>(
    `select tenant_id as "tenantId", id as "laneId" from lane
     where closed and due_at is not null order by due_at limit 1`,
  );
  const selectOwed = client.prepare<[string, string, number], RawRow>(
    `select ${reader.list} from delivery
     where tenant_id = ? and lane_id = ? and status = 'pending' and attempt_started_at is null limit ?`,
  );
  const selectForgotten = client.prepare<[number], EndpointKey>(
    `select tenant_id as "tenantId", endpoint_id as "endpointId" from lane
     where closed and due_at is null and claimed_by is null and id = endpoint_id and not exists (
       select 1 from delivery where delivery.tenant_id = lane.tenant_id and delivery.endpoint_id = lane.endpoint_id
     ) limit ?`,
  );
  const deleteLanes = client.prepare<[string, string]>(
    "delete from lane where tenant_id = ? and id in (select value from json_each(?)) and closed",
  );
  const deleteEndpoint = client.prepare<[string, string]>(
    "delete from endpoint where tenant_id = ? and id = ? and deleted_at is not null",
  );

  function toldOf(row: EndpointRow): Endpoint {
    return endpointOf(row, sealing, secrets.publicKeys({ tenantId: row.tenantId, owner: row.id }));
  }

  function sealHeaders(key: EndpointKey, headers: NewEndpoint["headers"]): string | null {
    if (Object.keys(headers).length === 0) return null;
    const { tenantId, endpointId: rowId } = key;
    const place = { tenantId, table: "endpoint", rowId, column: "sealed_headers" };
    return sealing.seal(JSON.stringify(headers), place);
  }

  function create(item: NewEndpoint, now: Instant, act: Act | undefined): Endpoint {
    const { secret, publicKey, headers, ...asked } = item;
    const { tenantId, id } = asked;
    const row: EndpointRow = {
      ...asked,
      sealedHeaders: sealHeaders({ tenantId, endpointId: id }, headers),
      status: "active",
      pausedReason: null,
      createdAt: now,
      updatedAt: now,
      deletedAt: null,
    };
    insert(row);
    laneDue.make({ tenantId, laneId: id }, { endpointId: id }, asked);
    secrets.add({ tenantId, owner: id }, { secret, publicKey, now, overlapUntil: now });
    ground.endpoints.forget(tenantId);
    audit({ tenantId, action: "endpoint.created", subject: id, details: { host: item.host } }, act, now);
    return toldOf(row);
  }

  function cancelSome(lane: LaneKey, limit: number, now: Instant): number {
    const owed = selectOwed.all(lane.tenantId, lane.laneId, limit).map(reader.read);
    const saved = owed.map((row) => ({ earlier: row, next: canceledDelivery<DeliveryRow>(row, now) }));
    deliveries.save(saved);
    laneDue.recount(lane);
    return owed.length;
  }

  return {
    createEndpoints: (items, now, act) => items.map((item) => create(item, now, act)),
    changeEndpoint(key, { change, seen, secret, now }, act) {
      const row = rows.find(key);
      if (row === null) return null;
      if (row.updatedAt !== seen) return "conflict";
      const { row: next, details } = changedEndpoint(row, change, now);
      const { headers } = change;
      const changed = headers === undefined ? next : { ...next, sealedHeaders: sealHeaders(key, headers) };
      rows.save(changed);
      const { tenantId, endpointId: owner } = key;
      if (secret !== null) secrets.add({ tenantId, owner }, { ...secret, now, overlapUntil: now });
      ground.endpoints.forget(tenantId);
      audit({ tenantId, action: "endpoint.changed", subject: owner, details }, act, now);
      return toldOf(changed);
    },
    setEndpointStatus(key, status, now, act) {
      const before = rows.find(key);
      const row = rows.setStatus(key, status, now);
      if (row === null) return null;
      if (row.status !== before?.status) {
        const action = row.status === "paused" ? "endpoint.paused" : "endpoint.resumed";
        audit({ tenantId: key.tenantId, action, subject: key.endpointId }, act, now);
        if (row.pausedReason !== null) operational.paused(row, row.pausedReason, now);
      }
      return toldOf(row);
    },
    rotateEndpointSecret(key, { secret, publicKey, overlapUntil, now }, act) {
      const row = rows.find(key);
      if (row === null) return null;
      const { tenantId, endpointId: owner } = key;
      secrets.add({ tenantId, owner }, { secret, publicKey, now, overlapUntil });
      const details = { overlapMs: overlapUntil - now };
      audit({ tenantId, action: "endpoint.secret_rotated", subject: owner, details }, act, now);
      return toldOf(row);
    },
    testEndpoint({ tenantId, endpointId }, now, act) {
      const row = rows.find({ tenantId, endpointId });
      if (row === null) return null;
      const laneId = testLaneOf(endpointId);
      laneDue.make({ tenantId, laneId }, { endpointId });
      const receiver = {
        endpointId,
        laneId,
        url: withoutQuery(row.url),
        host: row.host,
        forCallback: false,
      };
      const body = testEventBody(endpointId, now);
      const event = { tenantId, type: testEventType, jobId: null, body };
      const made = { id: makeId("dlv", now, random), trigger: "test" } as const;
      events.write(event, [receiver], now, made);
      audit({ tenantId, action: "endpoint.tested", subject: endpointId }, act, now);
      const owed = deliveries.find(tenantId, made.id);
      return owed === null ? null : (deliveryOf(owed, false) satisfies Delivery);
    },
    closeEndpoint({ tenantId, endpointId }, now, act) {
      const row = rows.find({ tenantId, endpointId });
      if (row === null) return null;
      const lanes = JSON.stringify([endpointId, testLaneOf(endpointId)]);
      const owed = {
        canceled: countWaiting.get(tenantId, lanes) ?? 0,
        inFlight: countInFlight.get(tenantId, lanes) ?? 0,
      };
      markDeleted.run(now, tenantId, endpointId);
      closeLanes.run(tenantId, lanes);
      secrets.forget({ tenantId, owner: endpointId });
      ground.endpoints.forget(tenantId);
      const details = { host: row.host, ...owed };
      audit({ tenantId, action: "endpoint.deleted", subject: endpointId, details }, act, now);
      return owed;
    },
    cancelOwed({ now, limit }) {
      let done = 0;
      while (done < limit) {
        const lane = selectClosed.get();
        if (lane === undefined) return done;
        done += cancelSome(lane, limit - done, now);
      }
      return done;
    },
    forgetDeleted(limit) {
      const over = selectForgotten.all(limit);
      for (const { tenantId, endpointId } of over) {
        deleteLanes.run(tenantId, JSON.stringify([endpointId, testLaneOf(endpointId)]));
        deleteEndpoint.run(tenantId, endpointId);
      }
      return over.length;
    },
  };
}
