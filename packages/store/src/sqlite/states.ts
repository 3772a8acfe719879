// The first and next states of rows: pure, and the same for every dialect. Twin file: byte-identical for every dialect.
//
// What is decided lies in core (`afterRun`); here it is written into columns. Attempts have a file of their own.
import {
  expiryOf,
  isDone,
  matchesEvent,
  startByOf,
  withoutQuery,
  type Acceptance,
  type EventPatterns,
  type Instant,
  type JobError,
  type NewJob,
} from "@ringback/core";
import type { Sealing } from "../sealing.ts";
import type { DeliveryRow, JobRow } from "./nouns.ts";

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
