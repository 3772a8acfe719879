// Records ended attempts and applies what comes of their deliveries: retry, delivered, or dead with its dead letter.
import { afterAttempt, makeId, type AfterAttempt, type AttemptRecord, type Instant } from "@ringback/core";
import type { Ground } from "../ground.ts";
import type { DeliveryRow } from "../nouns.ts";
import { inserter, rowReader, type RawRow } from "../rows.ts";
import { attempt, delivery } from "../schema.ts";
import { afterAttemptRow, attemptRow, faultEnd, unknownEnd, type EndedRecord } from "../states.ts";
import { createDeliveryRows, type SavedDelivery } from "./delivery-rows.ts";
import { createEndpointRows } from "./endpoint-rows.ts";
import { createLaneDue, type LaneKey } from "./lane-due.ts";
import { createReceivers } from "./receivers.ts";

export interface AttemptTransitions {
  recordAttempts(items: readonly AttemptRecord[], now: Instant): ("recorded" | "lost")[];
  /** Records an attempt that could not even begin, for a reason of ours; the lane is to be recounted after it. */
  recordFault(row: DeliveryRow, fault: { readonly detail: string; readonly now: Instant }): void;
  /** Records what was in flight in a lane whose holder is gone; how many that were. The lane is to be recounted after it. */
  recordUnknown(lane: LaneKey, now: Instant): number;
}

export function createAttemptTransitions(ground: Ground): AttemptTransitions {
  const { client, random } = ground;
  const deliveries = createDeliveryRows(ground);
  const endpoints = createEndpointRows(ground);
  const receivers = createReceivers(ground);
  const laneDue = createLaneDue(ground);
  const reader = rowReader(delivery);
  const insert = inserter(client, attempt);
  const holds = client
    .prepare<[string, string, number], number>(
      "select 1 from lane where tenant_id = ? and id = ? and token = ? and claimed_by is not null",
    )
    .pluck();
  const selectInFlight = client.prepare<[string, string], RawRow>(
    `select ${reader.list} from delivery
     where tenant_id = ? and lane_id = ? and attempt_started_at is not null order by attempt_started_at, id`,
  );

  function bareEnd(row: DeliveryRow, now: Instant): Parameters<typeof unknownEnd>[1] {
    return { attemptId: makeId("att", now, random), policy: receivers.policyOf(row), now };
  }

  /** Applies attempts, each to the delivery it was made for; the deliveries' next states. None may be named twice. */
  function apply(made: readonly MadeAttempt[], now: Instant): AfterAttempt[] {
    const saved: SavedDelivery[] = [];
    const resolved: DeliveryRow[] = [];
    const decided = made.map(({ row, ended }) => {
      const { roundFailures, redeliverRequested } = row;
      const ledger = { roundFailures, redeliverRequested, policy: ended.policy };
      const next = afterAttempt(ledger, ended.ended, { now, random });
      insert(attemptRow(row, ended, next));
      ground.effects.count("attempt_recorded", ended.ended.code);
      if (next.status !== "pending") ground.effects.count("delivery_finished", next.status);
      const after = afterAttemptRow(row, ended, { next, now });
      saved.push({ earlier: row, next: after });
      if (next.status === "dead") deliveries.bury(after, { detail: ended.detail, now });
      // What is delivered with its first attempt has never died.
      if (next.status === "delivered" && row.attempts > 0) resolved.push(after);
      return next;
    });
    deliveries.save(saved);
    if (resolved.length > 0) deliveries.resolve(resolved, now);
    return decided;
  }

  /** Records the attempts of one lane; those that were not in flight are lost, and so is what is brought a second time. */
  function recordOfLane(items: readonly AttemptRecord[], now: Instant): ("recorded" | "lost")[] {
    const [first] = items;
    if (first === undefined) return [];
    const { tenantId, laneId } = first.lane;
    const rows = deliveries.findAll(
      tenantId,
      items.map(({ deliveryId }) => deliveryId),
    );
    const made: (MadeAttempt & { readonly ended: AttemptRecord; readonly row: DeliveryRow })[] = [];
    const answers = items.map((item) => {
      const row = rows.get(item.deliveryId);
      if (row === undefined || row.laneId !== laneId) return "lost";
      if (row.attemptStartedAt === null || row.attempts + 1 !== item.n) return "lost";
      rows.delete(item.deliveryId);
      made.push({ row, ended: item });
      return "recorded";
    });
    const decided = apply(made, now);
    let sooner: Instant | null = null;
    for (const [at, { row, ended }] of made.entries()) {
      const next = decided[at];
      if (ended.ended.code === "gone") pauseGone(row, now);
      if (next?.status === "pending") sooner = Math.min(sooner ?? next.dueAt, next.dueAt);
    }
    if (sooner !== null) laneDue.sooner(first.lane, sooner);
    return answers;
  }

  /** An endpoint that an operator has paused already stays paused for the operator's reason. */
  function pauseGone({ tenantId, endpointId }: DeliveryRow, now: Instant): void {
    if (endpointId === null) return;
    const key = { tenantId, endpointId };
    if (endpoints.find(key)?.status === "active") {
      endpoints.setStatus(key, { status: "paused", reason: "gone" }, now);
    }
  }

  return {
    recordAttempts(items, now) {
      const answers = new Map<AttemptRecord, "recorded" | "lost">();
      const ofLanes = Map.groupBy(items, ({ lane }) => `${lane.token} ${lane.laneId} ${lane.tenantId}`);
      for (const ofLane of ofLanes.values()) {
        const [{ lane }] = ofLane as [AttemptRecord, ...AttemptRecord[]];
        if (holds.get(lane.tenantId, lane.laneId, lane.token) === undefined) continue;
        for (const [at, answer] of recordOfLane(ofLane, now).entries()) {
          const item = ofLane[at];
          if (item !== undefined) answers.set(item, answer);
        }
      }
      return items.map((item) => answers.get(item) ?? "lost");
    },
    recordFault(row, { detail, now }) {
      const begun = { ...row, attemptStartedAt: now };
      apply([{ row: begun, ended: faultEnd(begun, { ...bareEnd(begun, now), detail }) }], now);
    },
    recordUnknown({ tenantId, laneId }, now) {
      const rows = selectInFlight.all(tenantId, laneId).map(reader.read);
      apply(
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
