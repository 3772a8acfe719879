// Leases lanes to dispatchers and claims their deliveries. Every write is fenced by the token of the lane's claim.
import type { ClaimedDeliveries, ClaimedDelivery, HeldLane, Instant, LaneStore } from "@ringback/core";
import type { Ground } from "../ground.ts";
import type { DeliveryRow } from "../nouns.ts";
import { rowReader, type RawRow } from "../rows.ts";
import { delivery } from "../schema.ts";
import { createAttemptTransitions, type AttemptTransitions } from "./attempts.ts";
import { createLaneDue, type LaneKey } from "./lane-due.ts";
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
    options: { readonly now: Instant; readonly limit: number },
  ): ClaimedDeliveries;
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
  const receivers = createReceivers(ground);
  const laneDue = createLaneDue(ground);
  const reader = rowReader(delivery);
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
  const free = client.prepare<[string, string, number]>(
    `update lane set claimed_by = null, lease_until = null
     where tenant_id = ? and id = ? and token = ? and claimed_by is not null`,
  );
  const selectHeld = client
    .prepare<[string, string, number], number>(
      "select paused from lane where tenant_id = ? and id = ? and token = ? and claimed_by is not null",
    )
    .pluck();
  const selectDeliveries = client.prepare<[string, string, Instant, number], RawRow>(
    `select ${reader.list} from delivery
     where tenant_id = ? and lane_id = ? and status = 'pending' and attempt_started_at is null and due_at <= ?
     order by due_at, id limit ?`,
  );
  const start = client.prepare<[Instant, string, string]>(
    `update or fail delivery set attempt_started_at = ?
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
  function giveBack(lane: HeldLane, now: Instant): number | null {
    const { tenantId, laneId, token } = lane;
    if (free.run(tenantId, laneId, token).changes === 0) return null;
    const unknown = attempts.recordUnknown(lane, now);
    const { dueAt, paused } = laneDue.recount(lane);
    if (dueAt !== null && !paused) effects.ringLane(lane, dueAt);
    return unknown;
  }

  /** Null when its receiver or its event cannot be read: that attempt is over, and no reason to hold the others. */
  function readyToStart(
    row: DeliveryRow,
    receiver: ReceiverNow | Unreadable,
    now: Instant,
  ): ClaimedDelivery | null {
    const { tenantId, id, eventId, eventType, jobId, endpointId, trigger } = row;
    const body = selectBody.get(tenantId, eventId);
    if ("unreadable" in receiver || body === undefined) {
      const detail =
        "unreadable" in receiver ? receiver.unreadable : "Its event is gone, so nothing was sent.";
      attempts.recordFault(row, { detail, now });
      return null;
    }
    const about = { tenantId, id, eventId, eventType, jobId, endpointId, trigger, body };
    return { ...about, attempt: row.attempts + 1, startedAt: now, ...receiver };
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
    release(lanes, now) {
      for (const lane of lanes) giveBack(lane, now);
    },
    claimDeliveries(lane, { now, limit }) {
      const { tenantId, laneId, token } = lane;
      const paused = selectHeld.get(tenantId, laneId, token);
      if (paused === undefined) return { kind: "lost" };
      if (paused !== 0) return { kind: "claimed", deliveries: [] };
      const rows = selectDeliveries.all(tenantId, laneId, now, limit).map(reader.read);
      if (rows.length === 0) return { kind: "claimed", deliveries: [] };
      const receiverOf = receivers.lookup(now);
      const deliveries = rows
        .map((row) => readyToStart(row, receiverOf(row), now))
        .filter((claimed) => claimed !== null);
      start.run(now, tenantId, JSON.stringify(deliveries.map(({ id }) => id)));
      const { dueAt } = laneDue.recount(lane);
      // Its holder goes by how many it was given, so it is told that more is due, now or as a retry.
      if (deliveries.length < rows.length && dueAt !== null) effects.ringLane(lane, dueAt);
      return { kind: "claimed", deliveries };
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
