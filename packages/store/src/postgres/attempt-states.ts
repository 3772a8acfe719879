// What becomes of a delivery with its attempts: pure, and the same for every dialect. Twin file: byte-identical for every dialect.
//
// What is decided lies in core (`afterAttempt`); here it is written into columns.
import {
  attemptsAllowed,
  attemptsLeft,
  type AfterAttempt,
  type AttemptRecord,
  type Instant,
  type UnbegunAttempt,
} from "@ringback/core";
import type { AttemptRow, DeliveryRow } from "./nouns.ts";

/** One attempt that has ended, in whatever way. */
export type EndedRecord = Omit<AttemptRecord, "lane" | "deliveryId" | "n">;

/** Whether the delivery's attempt with this number is in flight. */
export function isInFlight(row: DeliveryRow, n: number): boolean {
  return row.attemptStartedAt !== null && row.attempts + 1 === n;
}

/** Whether it is still this very claim of the delivery that stands. */
export function isClaimed(row: DeliveryRow, { n, startedAt }: UnbegunAttempt): boolean {
  return isInFlight(row, n) && row.attemptStartedAt === startedAt;
}

/** What the delivery is after the attempt, as `afterAttempt` decided. */
export function afterAttemptRow(
  row: DeliveryRow,
  ended: EndedRecord,
  decided: { readonly next: AfterAttempt; readonly now: Instant },
): DeliveryRow {
  const { next, now } = decided;
  const pending = next.status === "pending";
  return {
    ...row,
    url: ended.url,
    status: next.status,
    dueAt: pending ? next.dueAt : null,
    trigger: pending ? next.nextTrigger : "auto",
    roundFailures: pending ? next.roundFailures : row.roundFailures,
    attemptStartedAt: null,
    redeliverRequested: false,
    attempts: row.attempts + 1,
    attemptsMax: row.attempts + 1 + attemptsLeft(ended.policy, failuresAfter(row, next)),
    code: ended.ended.code,
    httpStatus: ended.response?.status ?? null,
    finishedAt: pending ? null : now,
  };
}

/** A round that has ended counts the attempt that ended it, delivered or not, so that the number stays where it was. */
function failuresAfter({ roundFailures }: DeliveryRow, next: AfterAttempt): number {
  return next.status === "pending" ? next.roundFailures : roundFailures + 1;
}

/** The attempt as it is kept; `row` is its delivery before it. */
export function attemptRow(row: DeliveryRow, ended: EndedRecord, next: AfterAttempt): AttemptRow {
  const { request, response } = ended;
  return {
    tenantId: row.tenantId,
    deliveryId: row.id,
    n: row.attempts + 1,
    id: ended.attemptId,
    trigger: row.trigger,
    startedAt: ended.startedAt,
    durationMs: Math.round(ended.durationMs),
    url: ended.url,
    outcome: ended.ended.outcome,
    code: ended.ended.code,
    detail: ended.detail,
    peerAddress: ended.peerAddress,
    // A redelivery that was asked for meanwhile is not the schedule's retry.
    retryAt: next.status === "pending" && next.nextTrigger === "auto" ? next.dueAt : null,
    requestHeaders: request?.headers ?? null,
    requestBodyBytes: request?.bodyBytes ?? null,
    responseStatus: response?.status ?? null,
    responseHeaders: response?.headers ?? null,
    responseTruncated: response?.truncated ?? null,
    responseBody: response?.body ?? null,
  };
}

/** An attempt of which nothing is known but how it ended. */
interface BareEnd {
  readonly attemptId: string;
  readonly policy: EndedRecord["policy"];
  readonly now: Instant;
}

/** How an attempt ended whose process was lost. */
export function unknownEnd(row: DeliveryRow, end: BareEnd): EndedRecord {
  const ended = { outcome: "outcome_unknown", code: "outcome_unknown", retryAfterMs: null } as const;
  const detail = "The process that made this attempt was lost before it could record what came of it.";
  return { ...bareRecord(row, end), ended, detail };
}

/** How an attempt ended that could not be begun, because what it needs cannot be read. */
export function faultEnd(row: DeliveryRow, end: BareEnd & { readonly detail: string }): EndedRecord {
  const ended = { outcome: "failed", code: "sender_fault", retryAfterMs: null } as const;
  return { ...bareRecord(row, end), ended, detail: end.detail };
}

function bareRecord(
  row: DeliveryRow,
  { attemptId, policy, now }: BareEnd,
): Omit<EndedRecord, "ended" | "detail"> {
  const startedAt = row.attemptStartedAt ?? now;
  const durationMs = Math.max(0, now - startedAt);
  return {
    attemptId,
    startedAt,
    durationMs,
    url: row.url,
    request: null,
    response: null,
    peerAddress: null,
    policy,
  };
}

/** A delivery that somebody wants to have sent again, under the policy that its receiver has now. */
export function redelivered(
  row: DeliveryRow,
  policy: EndedRecord["policy"],
  { now, trigger }: { readonly now: Instant; readonly trigger: "manual" | "replay" },
): DeliveryRow {
  if (row.attemptStartedAt !== null) return { ...row, redeliverRequested: true };
  const due = { ...row, status: "pending", dueAt: now, trigger, finishedAt: null } as const;
  // A finished delivery begins a new round of its policy; a pending one goes on with the round it is in.
  if (row.status === "pending") return due;
  return { ...due, roundFailures: 0, attemptsMax: row.attempts + attemptsAllowed(policy) };
}

/** A claimed delivery whose attempt was never begun: due as it was, or at once when it was to be redelivered meanwhile. */
export function unbegunRow(row: DeliveryRow, now: Instant): DeliveryRow {
  const unbegun = { ...row, attemptStartedAt: null, redeliverRequested: false };
  return row.redeliverRequested ? { ...unbegun, dueAt: now, trigger: "manual" } : unbegun;
}

/** Everything about a delivery that changes after it was made. */
export const deliveryChanging = [
  "url",
  "status",
  "dueAt",
  "trigger",
  "attemptStartedAt",
  "redeliverRequested",
  "attempts",
  "attemptsMax",
  "roundFailures",
  "code",
  "httpStatus",
  "finishedAt",
] as const satisfies readonly (keyof DeliveryRow)[];
