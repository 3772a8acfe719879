// Records ended attempts and applies what comes of their deliveries: retry, delivered, or dead with its dead letter.
import {
  afterAttempt,
  makeId,
  type AfterAttempt,
  type AttemptRecord,
  type Instant,
  type PauseReason,
} from "@ringback/core";
import { isLastAttempt, laneAfterAttempts } from "../../lane-state.ts";
import type { Ground } from "../ground.ts";
import type { DeliveryRow, LaneRow } from "../nouns.ts";
import { inserter, rowReader, type RawRow } from "../rows.ts";
import { attempt, delivery } from "../schema.ts";
import {
  afterAttemptRow,
  attemptRow,
  faultEnd,
  isInFlight,
  unknownEnd,
  type EndedRecord,
} from "../attempt-states.ts";
import { createDeliveryRows, type SavedDelivery } from "./delivery-rows.ts";
import { createEndpointRows } from "./endpoint-rows.ts";
import { createLaneDue } from "./lane-due.ts";
import { createLaneRows } from "./lane-rows.ts";
import { createOperational } from "./operational.ts";
import { createReceivers } from "./receivers.ts";

export interface AttemptTransitions {
  recordAttempts(items: readonly AttemptRecord[], now: Instant): ("recorded" | "lost")[];
  /** Records an attempt that could not even begin, for a reason of ours; the lane is to be recounted after it. */
  recordFault(
    lane: LaneRow,
    row: DeliveryRow,
    fault: { readonly detail: string; readonly now: Instant },
  ): LaneRow;
  /** Records what was in flight in a lane whose holder is gone; how many that were. The lane is to be recounted after it. */
  recordUnknown(lane: LaneRow, now: Instant): number;
}

export function createAttemptTransitions(ground: Ground): AttemptTransitions {
  const { client, random } = ground;
  const deliveries = createDeliveryRows(ground);
  const endpoints = createEndpointRows(ground);
  const receivers = createReceivers(ground);
  const laneDue = createLaneDue(ground);
  const lanes = createLaneRows(ground);
  const operational = createOperational(ground);
  const reader = rowReader(delivery);
  const insert = inserter(client, attempt);
  const selectInFlight = client.prepare<[string, string], RawRow>(
    `select ${reader.list} from delivery
     where tenant_id = ? and lane_id = ? and attempt_started_at is not null order by attempt_started_at, id`,
  );

  function bareEnd(row: DeliveryRow, now: Instant): Parameters<typeof unknownEnd>[1] {
    return { attemptId: makeId("att", now, random), policy: receivers.policyOf(row), now };
  }

  /** Applies attempts of one lane, each to the delivery it was made for; none may be named twice. The lane after them is saved. */
  function apply(lane: LaneRow, made: readonly MadeAttempt[], now: Instant): Applied {
    const saved: SavedDelivery[] = [];
    const resolved: DeliveryRow[] = [];
    const dead: DeliveryRow[] = [];
    const decided = made.map(({ row, ended }) => {
      const { roundFailures, redeliverRequested } = row;
      const isLast = isLastAttempt(lane, row.eventType);
      const ledger = { roundFailures, redeliverRequested, isLast, policy: ended.policy };
      const next = afterAttempt(ledger, ended.ended, { now, random });
      insert(attemptRow(row, ended, next));
      ground.effects.count("attempt_recorded", ended.ended.code);
      if (next.status !== "pending") ground.effects.count("delivery_finished", next.status);
      const after = afterAttemptRow(row, ended, { next, now });
      saved.push({ earlier: row, next: after });
      if (next.status === "dead") {
        deliveries.bury(after, { detail: ended.detail, now });
        dead.push(after);
      }
      // What is delivered with its first attempt has never died.
      if (next.status === "delivered" && row.attempts > 0) resolved.push(after);
      return { deliveryId: row.id, ended: ended.ended, next };
    });
    deliveries.save(saved);
    if (resolved.length > 0) deliveries.resolve(resolved, now);
    const after = laneAfterAttempts(lane, decided, { now, random });
    lanes.save(after.lane, lane);
    operational.died(dead, now);
    if (after.warning !== null) operational.warn(after.lane, after.warning, now);
    if (after.pauses) pauseOnce(lane, "failing", now);
    return { lane: after.lane, decided: decided.map(({ next }) => next) };
  }

  /** Records the attempts of one lane; those that were not in flight are lost, and so is what is brought a second time. */
  function recordOfLane(
    lane: LaneRow,
    items: readonly AttemptRecord[],
    now: Instant,
  ): ("recorded" | "lost")[] {
    const { tenantId, id: laneId } = lane;
    const key = { tenantId, laneId };
    const rows = deliveries.findAll(
      tenantId,
      items.map(({ deliveryId }) => deliveryId),
    );
    const made: (MadeAttempt & { readonly ended: AttemptRecord; readonly row: DeliveryRow })[] = [];
    const answers = items.map((item) => {
      const row = rows.get(item.deliveryId);
      if (row === undefined || row.laneId !== laneId || !isInFlight(row, item.n)) return "lost";
      rows.delete(item.deliveryId);
      made.push({ row, ended: item });
      return "recorded";
    });
    const { lane: after, decided } = apply(lane, made, now);
    const isGone = made.some(({ ended }) => ended.ended.code === "gone");
    if (isGone && lane.id === lane.endpointId) pauseOnce(lane, "gone", now);
    const dueAts = decided.flatMap((next) => (next.status === "pending" ? [next.dueAt] : []));
    // The order, and a breaker that has opened, may have moved what the lane waits for to either side.
    if (lane.ordered || after.notBefore !== lane.notBefore) {
      const { dueAt, paused } = laneDue.recount(key);
      if (dueAt !== null && !paused) ground.effects.ringLane(key, dueAt);
    } else if (dueAts.length > 0) laneDue.sooner(key, Math.min(...dueAts));
    return answers;
  }

  /** An endpoint that is paused already stays paused for the reason that it was. */
  function pauseOnce({ tenantId, endpointId }: LaneRow, reason: PauseReason, now: Instant): void {
    if (endpointId === null) return;
    const key = { tenantId, endpointId };
    const found = endpoints.find(key);
    if (found?.status !== "active") return;
    endpoints.setStatus(key, { status: "paused", reason }, now);
    operational.paused(found, reason, now);
  }

  return {
    recordAttempts(items, now) {
      const answers = new Map<AttemptRecord, "recorded" | "lost">();
      const ofLanes = Map.groupBy(items, ({ lane }) => `${lane.token} ${lane.laneId} ${lane.tenantId}`);
      for (const ofLane of ofLanes.values()) {
        const [first] = ofLane as [AttemptRecord, ...AttemptRecord[]];
        const lane = lanes.held(first.lane);
        if (lane === null) continue;
        for (const [at, answer] of recordOfLane(lane, ofLane, now).entries()) {
          const item = ofLane[at];
          if (item !== undefined) answers.set(item, answer);
        }
      }
      return items.map((item) => answers.get(item) ?? "lost");
    },
    recordFault(lane, row, { detail, now }) {
      const begun = { ...row, attemptStartedAt: now };
      const ended = faultEnd(begun, { ...bareEnd(begun, now), detail });
      return apply(lane, [{ row: begun, ended }], now).lane;
    },
    recordUnknown(lane, now) {
      const rows = selectInFlight.all(lane.tenantId, lane.id).map(reader.read);
      if (rows.length === 0) return 0;
      apply(
        lane,
        rows.map((row) => ({ row, ended: unknownEnd(row, bareEnd(row, now)) })),
        now,
      );
      return rows.length;
    },
  };
}

/** An attempt that has ended, and the row of its delivery before that. */
interface MadeAttempt {
  readonly row: DeliveryRow;
  readonly ended: EndedRecord;
}

interface Applied {
  readonly lane: LaneRow;
  /** In the order of the attempts. */
  readonly decided: readonly AfterAttempt[];
}
