// The first and next states of rows: pure, and the same for every dialect. Twin file: byte-identical for every dialect.
//
// What is decided lies in core (`afterRun`, `afterAttempt`); here it is written into columns.
import {
  attemptsAllowed,
  attemptsLeft,
  expiryOf,
  isDone,
  matchesEvent,
  startByOf,
  withoutQuery,
  type Acceptance,
  type AfterAttempt,
  type AttemptRecord,
  type DeliveryStatus,
  type EventPatterns,
  type Instant,
  type JobError,
  type NewJob,
} from "@ringback/core";
import type { Sealing } from "../sealing.ts";
import type { AttemptRow, DeliveryRow, JobRow } from "./nouns.ts";

/** Somebody an event is owed to. */
export interface Receiver {
  /** Null for a job's inline callback. */
  readonly endpointId: string | null;
  readonly laneId: string;
  /** Without its query. */
  readonly url: string;
  readonly host: string;
  /** Owed to the job's own callback, so it is counted on the job. */
  readonly forCallback: boolean;
}

export interface KnownEndpoint {
  readonly id: string;
  /** Without its query. */
  readonly url: string;
  readonly host: string;
  readonly events: EventPatterns;
}

/** What is known of the tenants' endpoints. */
export interface EndpointBook {
  find(tenantId: string, endpointId: string): KnownEndpoint | undefined;
  /** The tenant's endpoints, active or paused, that want events of this type. */
  wanting(tenantId: string, type: string): readonly KnownEndpoint[];
}

/** Who is to hear of it: the job's callback, and every endpoint of its tenant that wants the type; none twice. */
export function receiversOf(job: JobRow, type: string, endpoints: EndpointBook): readonly Receiver[] {
  const own = callbackReceiver(job, type, endpoints);
  const others = endpoints.wanting(job.tenantId, type).filter(({ id }) => id !== own?.endpointId);
  const theirs = others.map((known) => endpointReceiver(known, false));
  return own === null ? theirs : [own, ...theirs];
}

function callbackReceiver(job: JobRow, type: string, endpoints: EndpointBook): Receiver | null {
  if (job.callbackEvents === null || !matchesEvent(job.callbackEvents, type)) return null;
  const { callbackEndpointId, callbackUrl, callbackOrigin, callbackHost } = job;
  if (callbackEndpointId !== null) {
    const known = endpoints.find(job.tenantId, callbackEndpointId);
    return known === undefined ? null : endpointReceiver(known, true);
  }
  if (callbackUrl === null || callbackOrigin === null || callbackHost === null) return null;
  const url = withoutQuery(callbackUrl);
  return { endpointId: null, laneId: callbackOrigin, url, host: callbackHost, forCallback: true };
}

export function endpointReceiver({ id, url, host }: KnownEndpoint, forCallback: boolean): Receiver {
  return { endpointId: id, laneId: id, url, host, forCallback };
}

/** The deliveries owed to the job's own callback stand on its row, in the very version that the event shows. */
export function counted(row: JobRow, receivers: readonly Receiver[]): JobRow {
  const own = receivers.filter(({ forCallback }) => forCallback).length;
  return own === 0 ? row : { ...row, deliveriesPending: row.deliveriesPending + own };
}

/** A delivery that is due at once. */
export function newDelivery(
  event: {
    readonly tenantId: string;
    readonly id: string;
    readonly type: string;
    readonly jobId: string | null;
  },
  receiver: Receiver,
  made: { readonly id: string; readonly now: Instant },
): DeliveryRow {
  return {
    tenantId: event.tenantId,
    id: made.id,
    eventId: event.id,
    eventType: event.type,
    jobId: event.jobId,
    ...receiver,
    status: "pending",
    dueAt: made.now,
    trigger: "auto",
    attemptStartedAt: null,
    redeliverRequested: false,
    attempts: 0,
    attemptsMax: null,
    roundFailures: 0,
    code: null,
    httpStatus: null,
    createdAt: made.now,
    finishedAt: null,
  };
}

/** The row of a job that is being accepted; its callback's secrets are sealed. */
export function firstJobRow(item: Acceptance, now: Instant, sealing: Sealing): JobRow {
  const { job: asked, receiver } = item;
  const { tenantId, id, kind, priority, metadata, runAt, runTimeoutMs, maxRuns, traceparent } = asked;
  const dueAt = runAt === null ? now : Math.max(runAt, now);
  const seal = (column: string, plain: string): string =>
    sealing.seal(plain, { tenantId, table: "job", rowId: id, column });
  return {
    tenantId,
    id,
    kind,
    status: "queued",
    priority,
    metadata,
    ...unstarted,
    maxRuns,
    runTimeoutMs,
    ...callbackColumns(asked, receiver, seal),
    createdAt: now,
    runAt,
    dueAt,
    startBy: startByOf(dueAt, asked.queueTimeoutMs),
    resultTtlMs: asked.resultTtlMs,
    requestHash: item.ownId?.requestHash ?? null,
    traceparent,
    version: 1,
  };
}

/** Progress tells of the present run only. */
export const noProgress = { progressPercent: null, progressMessage: null } as const;

const unstarted = {
  ...noProgress,
  errorCode: null,
  errorMessage: null,
  errorRun: null,
  runs: 0,
  lostRuns: 0,
  releasedRuns: 0,
  deliveriesPending: 0,
  deliveriesDelivered: 0,
  deliveriesDead: 0,
  deliveriesCanceled: 0,
  startedAt: null,
  finishedAt: null,
  cancelRequestedAt: null,
  claimedBy: null,
  leaseUntil: null,
  token: 0,
  expiresAt: null,
  erasedAt: null,
  resultErasedAt: null,
  forgetAt: null,
} as const;

type CallbackColumns = Pick<JobRow, Extract<keyof JobRow, `callback${string}`>>;

function callbackColumns(
  { callback }: NewJob,
  receiver: Acceptance["receiver"],
  seal: (column: string, plain: string) => string,
): CallbackColumns {
  const none: CallbackColumns = {
    callbackEvents: null,
    callbackEndpointId: null,
    callbackUrl: null,
    callbackOrigin: null,
    callbackHost: null,
    callbackSealedHeaders: null,
    callbackSealedSecret: null,
  };
  if (callback === null) return none;
  if ("endpointId" in callback) {
    return { ...none, callbackEvents: callback.events, callbackEndpointId: callback.endpointId };
  }
  if (receiver === null) throw new Error("An inline callback needs its receiver's origin and host.");
  const { events, url, headers, secret } = callback;
  const hasHeaders = Object.keys(headers).length > 0;
  return {
    callbackEvents: events,
    callbackEndpointId: null,
    callbackUrl: url,
    callbackOrigin: receiver.origin,
    callbackHost: receiver.host,
    callbackSealedHeaders: hasHeaders ? seal("callback_sealed_headers", JSON.stringify(headers)) : null,
    callbackSealedSecret: secret === null ? null : seal("callback_sealed_secret", secret),
  };
}

/** A queued job whose next run has begun. */
export function begunRun(
  due: JobRow,
  lease: { readonly holder: string; readonly now: Instant; readonly leaseUntil: Instant },
): JobRow {
  return {
    ...due,
    ...noProgress,
    status: "running",
    runs: due.runs + 1,
    dueAt: null,
    startBy: null,
    startedAt: due.startedAt ?? lease.now,
    claimedBy: lease.holder,
    leaseUntil: lease.leaseUntil,
    token: due.token + 1,
  };
}

/** A job that is over: nobody holds it, nothing is due, and its payloads have an end. */
export function endedJob(
  row: JobRow,
  end: { readonly status: JobRow["status"]; readonly error?: JobError },
  now: Instant,
): JobRow {
  if (!isDone(end.status)) throw new Error(`${end.status} is not the end of a job.`);
  const { error } = end;
  return {
    ...row,
    status: end.status,
    claimedBy: null,
    leaseUntil: null,
    dueAt: null,
    startBy: null,
    finishedAt: now,
    expiresAt: expiryOf(now, row.resultTtlMs),
    errorCode: error?.code ?? null,
    errorMessage: error?.message ?? null,
    errorRun: error?.run ?? null,
  };
}

/** One attempt that has ended, in whatever way. */
export type EndedRecord = Omit<AttemptRecord, "lane" | "deliveryId" | "n">;

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
    startedAt: row.attemptStartedAt ?? 0,
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
  const durationMs = Math.max(0, now - (row.attemptStartedAt ?? now));
  return { attemptId, durationMs, url: row.url, request: null, response: null, peerAddress: null, policy };
}

/** A delivery that somebody wants to have sent again, under the policy that its receiver has now. */
export function redelivered(row: DeliveryRow, policy: EndedRecord["policy"], now: Instant): DeliveryRow {
  if (row.attemptStartedAt !== null) return { ...row, redeliverRequested: true };
  const due = { ...row, status: "pending", dueAt: now, trigger: "manual", finishedAt: null } as const;
  // A finished delivery begins a new round of its policy; a pending one goes on with the round it is in.
  if (row.status === "pending") return due;
  return { ...due, roundFailures: 0, attemptsMax: row.attempts + attemptsAllowed(policy) };
}

/** What a change of a delivery's status adds to its job's counts. */
export interface CountsMoved {
  readonly pending: number;
  readonly delivered: number;
  readonly dead: number;
  readonly canceled: number;
}

export function countsMoved(from: DeliveryStatus, to: DeliveryStatus): CountsMoved {
  const moved = (status: DeliveryStatus): number => Number(to === status) - Number(from === status);
  return {
    pending: moved("pending"),
    delivered: moved("delivered"),
    dead: moved("dead"),
    canceled: moved("canceled"),
  };
}

/** Everything about a job that changes after it was accepted, but for the counts that deliveries move. */
export const jobChanging = [
  "status",
  "progressPercent",
  "progressMessage",
  "errorCode",
  "errorMessage",
  "errorRun",
  "runs",
  "lostRuns",
  "releasedRuns",
  "deliveriesPending",
  "dueAt",
  "startBy",
  "startedAt",
  "finishedAt",
  "expiresAt",
  "resultErasedAt",
  "cancelRequestedAt",
  "claimedBy",
  "leaseUntil",
  "token",
  "version",
] as const satisfies readonly (keyof JobRow)[];

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
