// What the owners of endpoints do with them: making, changing, trying out and deleting them, and rotating their secrets.
import {
  testEventBody,
  testEventType,
  withoutQuery,
  type Act,
  type Delivery,
  type DeletedEndpoint,
  type Endpoint,
  type EndpointKey,
  type EndpointStore,
  type Instant,
  type NewEndpoint,
} from "@ringback/core";
import { canceledDelivery, changedEndpoint, endpointChanging } from "../../endpoint-change.ts";
import { testLaneOf } from "../../lane-state.ts";
import type { Ground } from "../ground.ts";
import { lockLanes, spellKeys, type LaneKey } from "../lane-draft.ts";
import { deliveryOf, endpointOf, type DeliveryRow, type EndpointRow } from "../nouns.ts";
import { inserter, rowReader, saver } from "../rows.ts";
import { endpoint } from "../schema.ts";
import { lockDeliveriesOf, sendJobLocks, type DeliveryKey } from "./attempts.ts";
import { sendAudit } from "./audit.ts";
import { writeEvent } from "./operational.ts";
import { addSecret, forgetSecrets, publicKeysOf } from "./secret-rows.ts";

const reader = rowReader(endpoint);
const insertEndpoints = inserter(endpoint);
const saveEndpoints = saver(endpoint, { set: endpointChanging, key: ["tenantId", "id"] });
const lockEndpoint = `select ${reader.list} from endpoint as t
  where t.tenant_id = $1 and t.id = $2 and t.deleted_at is null for no key update`;
const saveLimits = `update lane set max_in_flight = $3, rate_per_second = $4, ordered = $5,
    head_id = case when $5 then head_id end where tenant_id = $1 and id = $2`;
const markDeleted = `update endpoint set deleted_at = $3, sealed_headers = null, events = '[]'
  where tenant_id = $1 and id = $2`;
const closeLanes = `update lane set closed = true, paused = true, head_id = null, health = null, not_before = null
  where tenant_id = $1 and id = any($2::text[])`;
const countOwed = `select (
    select count(*) from delivery where tenant_id = $1 and lane_id = any($2::text[])
      and status = 'pending' and attempt_started_at is null
  ) as canceled, (
    select count(*) from delivery where tenant_id = $1 and lane_id = any($2::text[]) and attempt_started_at is not null
  ) as "inFlight"`;
const selectClosed = `select tenant_id as "tenantId", id as "laneId" from lane
  where closed and due_at is not null order by due_at limit 1`;
const selectOwed = `select tenant_id as "tenantId", id as "deliveryId" from delivery
  where tenant_id = $1 and lane_id = $2 and status = 'pending' and attempt_started_at is null limit $3`;
const deleteLanes = `delete from lane where ctid = any(array(
    select t.ctid from lane as t where t.closed and t.due_at is null and t.claimed_by is null and not exists (
      select 1 from delivery as d where d.tenant_id = t.tenant_id and d.endpoint_id = t.endpoint_id
    ) limit $1 for update skip locked
  )) returning tenant_id as "tenantId", endpoint_id as "endpointId"`;
const deleteEndpoints = `delete from endpoint as t where t.deleted_at is not null
  and (t.tenant_id, t.id) in (select * from unnest($1::text[], $2::text[]))
  and not exists (select 1 from lane as l where l.tenant_id = t.tenant_id and l.endpoint_id = t.id)`;

export async function createEndpoints(
  ground: Ground,
  items: readonly NewEndpoint[],
  now: Instant,
  act?: Act,
): Promise<Endpoint[]> {
  const { transaction, draft } = ground;
  if (items.length === 0) return [];
  const rows = items.map((item): EndpointRow => {
    const { headers, secret: _secret, publicKey: _publicKey, ...asked } = item;
    const sealedHeaders = sealHeaders(ground, { tenantId: item.tenantId, endpointId: item.id }, headers);
    const active = { status: "active" as const, pausedReason: null, deletedAt: null };
    return { ...asked, sealedHeaders, ...active, createdAt: now, updatedAt: now };
  });
  transaction.send(insertEndpoints.text, [insertEndpoints.spell(rows)]);
  for (const item of items) {
    const { tenantId, id, secret, publicKey } = item;
    draft.makeLane({ tenantId, laneId: id }, { endpointId: id }, item);
    await addSecret(ground, { tenantId, owner: id }, { secret, publicKey, now, overlapUntil: now });
  }
  const done = items.map(({ tenantId, id, host }) => ({
    tenantId,
    action: "endpoint.created" as const,
    subject: id,
    details: { host },
  }));
  sendAudit(ground, done, act, now);
  return Promise.all(rows.map((row) => toldOf(ground, row)));
}

export async function toldOf(ground: Ground, row: EndpointRow): Promise<Endpoint> {
  const isPair = row.signature === "standard-ed25519";
  const keys = isPair ? await publicKeysOf(ground, { tenantId: row.tenantId, owner: row.id }) : [];
  return endpointOf(row, ground.sealing, keys);
}

function sealHeaders({ sealing }: Ground, key: EndpointKey, headers: NewEndpoint["headers"]): string | null {
  if (Object.keys(headers).length === 0) return null;
  const { tenantId, endpointId: rowId } = key;
  const place = { tenantId, table: "endpoint", rowId, column: "sealed_headers" };
  return sealing.seal(JSON.stringify(headers), place);
}

/** Its lane is locked first, as everywhere. */
async function lockOne(
  { transaction }: Ground,
  { tenantId, endpointId }: EndpointKey,
): Promise<EndpointRow | null> {
  transaction.send(lockLanes, [spellKeys([{ tenantId, laneId: endpointId }])]);
  const [raw] = await transaction.ask(lockEndpoint, [tenantId, endpointId]);
  return raw === undefined ? null : reader.read(raw);
}

export async function changeEndpoint(
  ground: Ground,
  key: EndpointKey,
  asked: Parameters<EndpointStore["changeEndpoint"]>[1],
  act?: Act,
): Promise<Endpoint | "conflict" | null> {
  const { transaction, draft } = ground;
  const { change, seen, secret, now } = asked;
  const row = await lockOne(ground, key);
  if (row === null) return null;
  if (row.updatedAt !== seen) return "conflict";
  const { row: plain, details } = changedEndpoint(row, change, now);
  const { headers } = change;
  const next = headers === undefined ? plain : { ...plain, sealedHeaders: sealHeaders(ground, key, headers) };
  const { tenantId, endpointId } = key;
  transaction.mark();
  transaction.send(saveEndpoints.text, [saveEndpoints.spell([next])]);
  const { maxInFlight, ratePerSecond, ordered } = next;
  transaction.send(saveLimits, [tenantId, endpointId, maxInFlight, ratePerSecond, ordered]);
  draft.recountLane({ tenantId, laneId: endpointId }, { ring: true });
  if (secret !== null) {
    await addSecret(ground, { tenantId, owner: endpointId }, { ...secret, now, overlapUntil: now });
  }
  sendAudit(ground, [{ tenantId, action: "endpoint.changed", subject: endpointId, details }], act, now);
  return toldOf(ground, next);
}

export async function rotateEndpointSecret(
  ground: Ground,
  key: EndpointKey,
  rotation: Parameters<EndpointStore["rotateEndpointSecret"]>[1],
  act?: Act,
): Promise<Endpoint | null> {
  const row = await lockOne(ground, key);
  if (row === null) return null;
  const { tenantId, endpointId: owner } = key;
  await addSecret(ground, { tenantId, owner }, rotation);
  const { now, overlapUntil } = rotation;
  const details = { overlapMs: overlapUntil - now };
  sendAudit(ground, [{ tenantId, action: "endpoint.secret_rotated", subject: owner, details }], act, now);
  return toldOf(ground, row);
}

export async function testEndpoint(
  ground: Ground,
  { tenantId, endpointId }: EndpointKey,
  now: Instant,
  act?: Act,
): Promise<Delivery | null> {
  const row = await lockOne(ground, { tenantId, endpointId });
  if (row === null) return null;
  const laneId = testLaneOf(endpointId);
  ground.draft.makeLane({ tenantId, laneId }, { endpointId });
  const { url, host } = row;
  const receiver = { endpointId, laneId, url: withoutQuery(url), host, forCallback: false };
  const event = { tenantId, type: testEventType, body: testEventBody(endpointId, now) };
  const [owed] = writeEvent(ground, event, { receivers: [receiver], now, trigger: "test" });
  sendAudit(ground, [{ tenantId, action: "endpoint.tested", subject: endpointId }], act, now);
  return owed === undefined ? null : deliveryOf(owed, false);
}

/** Deletes it and closes its lanes; what it was owed is left to `cancelOwed`. */
export async function closeEndpoint(
  ground: Ground,
  { tenantId, endpointId }: EndpointKey,
  now: Instant,
  act?: Act,
): Promise<DeletedEndpoint | null> {
  const { transaction, draft } = ground;
  const laneIds = [endpointId, testLaneOf(endpointId)];
  transaction.send(lockLanes, [spellKeys(laneIds.map((laneId) => ({ tenantId, laneId })))]);
  const [raw] = await transaction.ask(lockEndpoint, [tenantId, endpointId]);
  if (raw === undefined) return null;
  const { host } = reader.read(raw);
  const [owed] = await transaction.ask<DeletedEndpoint>(countOwed, [tenantId, laneIds]);
  if (owed === undefined) throw new Error("a count has no row");
  transaction.mark();
  transaction.send(markDeleted, [tenantId, endpointId, now]);
  transaction.send(closeLanes, [tenantId, laneIds]);
  // Due is what is still to be canceled.
  for (const laneId of laneIds) draft.recountLane({ tenantId, laneId }, { ring: false });
  forgetSecrets(ground, { tenantId, owner: endpointId });
  const details = { host, ...owed };
  sendAudit(ground, [{ tenantId, action: "endpoint.deleted", subject: endpointId, details }], act, now);
  return owed;
}

/** Cancels pending deliveries of closed lanes, at most `limit`; how many. */
export async function cancelOwed(
  ground: Ground,
  { now, limit }: { readonly now: Instant; readonly limit: number },
): Promise<number> {
  const { transaction, draft } = ground;
  const [lane] = await transaction.ask<LaneKey>(selectClosed, []);
  if (lane === undefined) return 0;
  const keys = await transaction.ask<DeliveryKey>(selectOwed, [lane.tenantId, lane.laneId, limit]);
  sendJobLocks(ground, keys);
  transaction.send(lockLanes, [spellKeys([lane])]);
  for (const row of (await lockDeliveriesOf(ground, keys)).values()) {
    if (row.status !== "pending" || row.attemptStartedAt !== null) continue;
    draft.saveDelivery(canceledDelivery<DeliveryRow>(row, now), row);
  }
  draft.recountLane(lane, { ring: false });
  return keys.length;
}

/** Deletes the rows of deleted endpoints that nothing refers to any more, at most `limit` lanes; how many. */
export async function forgetDeleted({ transaction }: Ground, limit: number): Promise<number> {
  const over = await transaction.ask<EndpointKey>(deleteLanes, [limit]);
  if (over.length === 0) return 0;
  transaction.mark();
  transaction.send(deleteEndpoints, [
    over.map(({ tenantId }) => tenantId),
    over.map(({ endpointId }) => endpointId),
  ]);
  return over.length;
}
