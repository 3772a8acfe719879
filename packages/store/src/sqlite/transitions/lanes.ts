// Leases lanes to dispatchers and claims their deliveries. Every write is fenced by the token of the lane's claim.
import {
  claimRoom,
  isOverdue,
  type ClaimedDeliveries,
  type ClaimedDelivery,
  type HeldLane,
  type Instant,
  type LaneStore,
  type UnbegunAttempt,
} from "@ringback/core";
import { heldMs, laneAfterClaim, laneNow, paceToTell, spreadLane } from "../../lane-state.ts";
import type { Ground } from "../ground.ts";
import { paceOf, type DeliveryRow, type LaneRow } from "../nouns.ts";
import { isClaimed, unbegunRow } from "../attempt-states.ts";
import { createAttemptTransitions, type AttemptTransitions } from "./attempts.ts";
import { createDeliveryRows, type SavedDelivery } from "./delivery-rows.ts";
import { createDueDeliveries } from "./due-deliveries.ts";
import { createLaneDue, type LaneKey } from "./lane-due.ts";
import { createLaneRows } from "./lane-rows.ts";
import { createReceivers, type ReceiverNow, type Unreadable } from "./receivers.ts";

export interface LaneTransitions {
  claim(options: Parameters<LaneStore["claim"]>[0]): HeldLane[];
  extend(
    lanes: readonly HeldLane[],
    options: { readonly now: Instant; readonly leaseMs: number },
  ): ("extended" | "lost")[];
  release(lanes: readonly HeldLane[], now: Instant): void;
  claimDeliveries(
    lane: HeldLane,
    options: { readonly now: Instant; readonly limit: number; readonly inFlight?: number },
  ): ClaimedDeliveries;
  unclaimDeliveries(lane: HeldLane, items: readonly UnbegunAttempt[], now: Instant): ("unclaimed" | "lost")[];
  recordAttempts: AttemptTransitions["recordAttempts"];
  /** Frees lanes whose lease has run out, or whose holder is not `soleHolder`; at most `limit`. */
  recover(options: { readonly now: Instant; readonly soleHolder?: string; readonly limit: number }): {
    readonly lanes: number;
    readonly attempts: number;
  };
}

export function createLaneTransitions(ground: Ground): LaneTransitions {
  const { client, effects } = ground;
  const attempts = createAttemptTransitions(ground);
  const deliveries = createDeliveryRows(ground);
  const receivers = createReceivers(ground);
  const laneDue = createLaneDue(ground);
  const lanes = createLaneRows(ground);
  const due = createDueDeliveries(ground);
  const selectDue = client.prepare<[Instant, number], LaneKey>(
    `select tenant_id as "tenantId", id as "laneId" from lane
     where claimed_by is null and not paused and due_at is not null and due_at <= ? order by due_at limit ?`,
  );
  const claim = client.prepare<[string, Instant, string, string, Instant], { token: number }>(
    `update lane set claimed_by = ?, lease_until = ?, token = token + 1
     where tenant_id = ? and id = ? and claimed_by is null and not paused and due_at <= ? returning token`,
  );
  const extend = client.prepare<[Instant, string, string, number]>(
    "update lane set lease_until = ? where tenant_id = ? and id = ? and token = ? and claimed_by is not null",
  );
  // A holder that is lost has served it until its lease ran out, and nobody since.
  const free = client.prepare<[Instant, string, string, number]>(
    `update lane set claimed_by = null, lease_until = null, served_at = min(?, lease_until)
     where tenant_id = ? and id = ? and token = ? and claimed_by is not null`,
  );
  const start = client.prepare<[Instant, string, string]>(
    `update or fail delivery set attempt_started_at = ?
     where tenant_id = ? and id in (select value from json_each(?))`,
  );
  const putOff = client.prepare<[Instant, string, string]>(
    `update or fail delivery set due_at = ?
     where tenant_id = ? and id in (select value from json_each(?))`,
  );
  const selectBody = client
    .prepare<[string, string], string>("select body from event where tenant_id = ? and id = ?")
    .pluck();
  const selectLapsed = client.prepare<[Instant, string | null, number], HeldLane>(
    `select tenant_id as "tenantId", id as "laneId", token from lane
     where claimed_by is not null and (lease_until <= ? or claimed_by <> ?) order by lease_until limit ?`,
  );

  /** Gives one lane back; how many attempts were in flight, or null when its holder has lost it. */
  function giveBack(key: HeldLane, now: Instant): number | null {
    const { tenantId, laneId, token } = key;
    const lane = lanes.held(key);
    if (lane === null) return null;
    const unknown = attempts.recordUnknown(lane, now);
    free.run(now, tenantId, laneId, token);
    const { dueAt, paused } = laneDue.recount(key);
    if (dueAt !== null && !paused) effects.ringLane(key, dueAt);
    return unknown;
  }

  /** Null when its receiver or its event cannot be read: that is no reason to hold the others. */
  function readyToStart(row: DeliveryRow, receiver: ReceiverNow, now: Instant): ClaimedDelivery | null {
    const { tenantId, id, eventId, eventType, jobId, endpointId, trigger } = row;
    const body = selectBody.get(tenantId, eventId);
    if (body === undefined) return null;
    const about = { tenantId, id, eventId, eventType, jobId, endpointId, trigger, body };
    return { ...about, attempt: row.attempts + 1, startedAt: now, ...receiver };
  }

  /** Starts what can be read; the lane after it. What cannot is recorded as a fault of ours, or held if its key is missing. */
  function startAll(
    lane: LaneRow,
    rows: readonly DeliveryRow[],
    now: Instant,
  ): { readonly lane: LaneRow; readonly deliveries: readonly ClaimedDelivery[] } {
    const receiverOf = receivers.lookup(now);
    const deliveries: ClaimedDelivery[] = [];
    let after = lane;
    const held: DeliveryRow[] = [];
    for (const row of rows) {
      const receiver: ReceiverNow | Unreadable = receiverOf(row);
      if ("unreadable" in receiver && receiver.isHeld) {
        held.push(row);
        continue;
      }
      const ready = "unreadable" in receiver ? null : readyToStart(row, receiver, now);
      if (ready !== null) {
        deliveries.push(ready);
        continue;
      }
      const detail =
        "unreadable" in receiver ? receiver.unreadable : "Its event is gone, so nothing was sent.";
      after = attempts.recordFault(after, row, { detail, now });
    }
    // What is owed to one endpoint shares its secret; of the others each may have its own, and must not stand before sound ones.
    if (held.some(({ endpointId }) => endpointId !== null)) after = { ...after, notBefore: now + heldMs };
    else putOff.run(now + heldMs, lane.tenantId, JSON.stringify(held.map(({ id }) => id)));
    start.run(now, lane.tenantId, JSON.stringify(deliveries.map(({ id }) => id)));
    return { lane: laneAfterClaim(after, now), deliveries };
  }

  /** The lane as it is to be served now: a backlog that nobody has looked after is spread. */
  function lookedAfter(lane: LaneRow, now: Instant): LaneRow {
    const current = laneNow(lane, now);
    if (current.health?.spread || !isOverdue(current, now)) return current;
    return spreadLane(current, due.countDue(current, now), now);
  }

  return {
    claim({ holder, limit, now, leaseMs, only }) {
      const candidates = only ?? selectDue.all(now, limit);
      const held: HeldLane[] = [];
      for (const { tenantId, laneId } of candidates) {
        if (held.length === limit) break;
        const row = claim.get(holder, now + leaseMs, tenantId, laneId, now);
        if (row !== undefined) held.push({ tenantId, laneId, token: row.token });
      }
      return held;
    },
    extend: (lanes, { now, leaseMs }) =>
      lanes.map(({ tenantId, laneId, token }) =>
        extend.run(now + leaseMs, tenantId, laneId, token).changes === 0 ? "lost" : "extended",
      ),
    release(held, now) {
      for (const lane of held) giveBack(lane, now);
    },
    claimDeliveries(key, { now, limit, inFlight = 0 }) {
      const earlier = lanes.held(key);
      if (earlier === null) return { kind: "lost" };
      // It has a pace to keep, so that what was claimed ahead is given back.
      if (earlier.paused) return { kind: "claimed", deliveries: [], pace: paceOf(earlier) };
      const lane = lookedAfter(earlier, now);
      const room = claimRoom(paceOf(lane), { limit, inFlight, now });
      const rows = due.select(lane, now, room);
      if (rows.length === 0) {
        lanes.save(lane, earlier);
        return { kind: "claimed", deliveries: [], pace: paceToTell(lane) };
      }
      const { lane: after, deliveries } = startAll(lane, rows, now);
      lanes.save(after, earlier);
      const { dueAt } = laneDue.recount(key);
      // Its holder goes by how many it was given, so it is told that more is due, now or as a retry.
      if (deliveries.length < rows.length && dueAt !== null) effects.ringLane(key, dueAt);
      return { kind: "claimed", deliveries, pace: paceToTell(after) };
    },
    unclaimDeliveries(key, items, now) {
      if (lanes.held(key) === null) return items.map(() => "lost");
      const rows = deliveries.findAll(
        key.tenantId,
        items.map(({ deliveryId }) => deliveryId),
      );
      const saved: SavedDelivery[] = [];
      const answers = items.map((item) => {
        const row = rows.get(item.deliveryId);
        if (row === undefined || row.laneId !== key.laneId || !isClaimed(row, item)) return "lost";
        rows.delete(item.deliveryId);
        saved.push({ earlier: row, next: unbegunRow(row, now) });
        return "unclaimed";
      });
      deliveries.save(saved);
      laneDue.recount(key);
      return answers;
    },
    recordAttempts: (items, now) => attempts.recordAttempts(items, now),
    recover({ now, soleHolder, limit }) {
      const lapsed = selectLapsed.all(now, soleHolder ?? null, limit);
      let unknown = 0;
      for (const lane of lapsed) unknown += giveBack(lane, now) ?? 0;
      return { lanes: lapsed.length, attempts: unknown };
    },
  };
}
