// Records ended attempts and applies what comes of their deliveries: retry, delivered, or dead with its dead letter.
import {
  afterAttempt,
  makeId,
  type AfterAttempt,
  type AttemptRecord,
  type HeldLane,
  type Instant,
} from "@ringback/core";
import type { Ground } from "../ground.ts";
import type { DeliveryRow } from "../nouns.ts";
import { inserter, rowReader, type RawRow } from "../rows.ts";
import { attempt, delivery } from "../schema.ts";
import { afterAttemptRow, attemptRow, faultEnd, unknownEnd, type EndedRecord } from "../states.ts";
import { createDeliveryRows } from "./delivery-rows.ts";
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

  /** Applies the attempt to the delivery it was made for; the delivery's next state. */
  function apply(row: DeliveryRow, ended: EndedRecord, now: Instant): AfterAttempt {
    const { roundFailures, redeliverRequested } = row;
    const ledger = { roundFailures, redeliverRequested, policy: ended.policy };
    const next = afterAttempt(ledger, ended.ended, { now, random });
    insert(attemptRow(row, ended, next));
    const after = afterAttemptRow(row, ended, { next, now });
    deliveries.save(after, row);
    if (next.status === "dead") deliveries.bury(after, { detail: ended.detail, now });
    if (next.status === "delivered") deliveries.resolve(after, now);
    return next;
  }

  function record(item: AttemptRecord, now: Instant): "recorded" | "lost" {
    const { tenantId, laneId } = item.lane;
    const row = deliveries.find(tenantId, item.deliveryId);
    if (row === null || row.laneId !== laneId) return "lost";
    if (row.attemptStartedAt === null || row.attempts + 1 !== item.n) return "lost";
    const next = apply(row, item, now);
    if (item.ended.code === "gone") pauseGone(row, now);
    if (next.status === "pending") laneDue.sooner(item.lane, next.dueAt);
    return "recorded";
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
      const held = new Map<HeldLane, boolean>();
      return items.map((item) => {
        const { lane } = item;
        const known = held.get(lane) ?? holds.get(lane.tenantId, lane.laneId, lane.token) !== undefined;
        held.set(lane, known);
        return known ? record(item, now) : "lost";
      });
    },
    recordFault(row, { detail, now }) {
      const begun = { ...row, attemptStartedAt: now };
      apply(begun, faultEnd(begun, { ...bareEnd(begun, now), detail }), now);
    },
    recordUnknown({ tenantId, laneId }, now) {
      const rows = selectInFlight.all(tenantId, laneId).map(reader.read);
      for (const row of rows) apply(row, unknownEnd(row, bareEnd(row, now)), now);
      return rows.length;
    },
  };
}
