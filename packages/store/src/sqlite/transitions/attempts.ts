// Records ended attempts and applies what comes of their deliveries: retry, delivered, or dead with its dead letter.
import {
  afterAttempt,
  attemptsLeft,
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

/** One attempt that has ended, in whatever way. */
type EndedRecord = Omit<AttemptRecord, "lane" | "deliveryId" | "n">;

const unknownDetail = "The process that made this attempt was lost before it could record what came of it.";

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

  /** The record of an attempt about which nothing is known but how it ended. */
  function withoutFindings(
    row: DeliveryRow,
    { ended, detail, now }: Pick<EndedRecord, "ended" | "detail"> & { readonly now: Instant },
  ): EndedRecord {
    return {
      attemptId: makeId("att", now, random),
      durationMs: Math.max(0, now - (row.attemptStartedAt ?? now)),
      url: row.url,
      request: null,
      response: null,
      ended,
      detail,
      peerAddress: null,
      policy: receivers.policyOf(row),
    };
  }

  /** Applies the attempt to the delivery it was made for; the delivery's next state. */
  function apply(row: DeliveryRow, ended: EndedRecord, now: Instant): AfterAttempt {
    const { policy } = ended;
    const { roundFailures, redeliverRequested } = row;
    const ledger = { roundFailures, redeliverRequested, policy };
    const next = afterAttempt(ledger, ended.ended, { now, random });
    insert({ ...attemptColumns(row, ended), retryAt: retryAtOf(next) });
    const pending = next.status === "pending";
    const after: DeliveryRow = {
      ...row,
      url: ended.url,
      status: next.status,
      dueAt: pending ? next.dueAt : null,
      trigger: pending ? next.nextTrigger : "auto",
      roundFailures: pending ? next.roundFailures : row.roundFailures,
      attemptStartedAt: null,
      redeliverRequested: false,
      attempts: row.attempts + 1,
      attemptsMax: row.attempts + 1 + attemptsLeft(policy, failuresAfter(row, next)),
      code: ended.ended.code,
      httpStatus: ended.response?.status ?? null,
      finishedAt: pending ? null : now,
    };
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
      const ended = { outcome: "failed", code: "sender_fault", retryAfterMs: null } as const;
      const begun = { ...row, attemptStartedAt: now };
      apply(begun, withoutFindings(begun, { ended, detail, now }), now);
    },
    recordUnknown({ tenantId, laneId }, now) {
      const rows = selectInFlight.all(tenantId, laneId).map(reader.read);
      const ended = { outcome: "outcome_unknown", code: "outcome_unknown", retryAfterMs: null } as const;
      for (const row of rows) apply(row, withoutFindings(row, { ended, detail: unknownDetail, now }), now);
      return rows.length;
    },
  };
}

/** A round that has ended counts the attempt that ended it, delivered or not, so that the number stays where it was. */
function failuresAfter({ roundFailures }: DeliveryRow, next: AfterAttempt): number {
  return next.status === "pending" ? next.roundFailures : roundFailures + 1;
}

/** A redelivery that was asked for meanwhile is not the schedule's retry. */
function retryAtOf(next: AfterAttempt): Instant | null {
  return next.status === "pending" && next.nextTrigger === "auto" ? next.dueAt : null;
}

function attemptColumns(row: DeliveryRow, ended: EndedRecord): typeof attempt.$inferInsert {
  const { request, response } = ended;
  return {
    tenantId: row.tenantId,
    deliveryId: row.id,
    n: row.attempts + 1,
    id: ended.attemptId,
    trigger: row.trigger,
    startedAt: row.attemptStartedAt ?? 0,
    durationMs: Math.round(ended.durationMs),
    url: ended.url,
    outcome: ended.ended.outcome,
    code: ended.ended.code,
    detail: ended.detail,
    peerAddress: ended.peerAddress,
    requestHeaders: request?.headers ?? null,
    requestBodyBytes: request?.bodyBytes ?? null,
    responseStatus: response?.status ?? null,
    responseHeaders: response?.headers ?? null,
    responseTruncated: response?.truncated ?? null,
    responseBody: response?.body ?? null,
  };
}
