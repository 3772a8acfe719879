// Turns rows into core's nouns. Twin file: byte-identical for every dialect.
import {
  defaultRetryPolicy,
  isRetryPolicy,
  withoutQuery,
  type Attempt,
  type AuditEntry,
  type DeadLetter,
  type Delivery,
  type Endpoint,
  type Event,
  type Job,
  type JobResult,
  type LanePace,
  type PublicKey,
  type Replay,
  type RetryPolicy,
  type Tenant,
  type TenantLimits,
} from "@ringback/core";
import type { Sealing } from "../sealing.ts";
import type {
  attempt,
  audit,
  deadLetter,
  delivery,
  endpoint,
  event,
  job,
  jobResult,
  lane,
  replay,
  tenant,
} from "./schema.ts";

export type JobRow = typeof job.$inferSelect;
export type EventRow = typeof event.$inferSelect;
export type EndpointRow = typeof endpoint.$inferSelect;
export type LaneRow = typeof lane.$inferSelect;
export type DeliveryRow = typeof delivery.$inferSelect;
export type AttemptRow = typeof attempt.$inferSelect;
export type DeadLetterRow = typeof deadLetter.$inferSelect;
export type ReplayRow = typeof replay.$inferSelect;
export type TenantRow = typeof tenant.$inferSelect;
export type AuditRow = typeof audit.$inferSelect;

export function jobOf(row: JobRow): Job {
  return {
    tenantId: row.tenantId,
    id: row.id,
    kind: row.kind,
    status: row.status,
    priority: row.priority,
    metadata: row.metadata,
    progress:
      row.progressPercent === null ? null : { percent: row.progressPercent, message: row.progressMessage },
    error:
      row.errorCode === null
        ? null
        : { code: row.errorCode, message: row.errorMessage ?? "", run: row.errorRun ?? 0 },
    runs: row.runs,
    callback: callbackOf(row),
    createdAt: row.createdAt,
    runAt: row.runAt,
    startedAt: row.startedAt,
    finishedAt: row.finishedAt,
    expiresAt: row.expiresAt,
    erasedAt: row.erasedAt,
    resultErasedAt: row.resultErasedAt,
    cancelRequestedAt: row.cancelRequestedAt,
    version: row.version,
  };
}

function callbackOf(row: JobRow): Job["callback"] {
  if (row.callbackEvents === null) return null;
  return {
    url: row.callbackUrl === null ? null : withoutQuery(row.callbackUrl),
    endpointId: row.callbackEndpointId,
    deliveries: {
      pending: row.deliveriesPending,
      delivered: row.deliveriesDelivered,
      dead: row.deliveriesDead,
      canceled: row.deliveriesCanceled,
    },
  };
}

export function resultOf(row: typeof jobResult.$inferSelect): JobResult {
  return { contentType: row.contentType, body: row.body };
}

export function eventOf(row: EventRow): Event {
  const { tenantId, id, seq, type, jobId, body, createdAt } = row;
  return { tenantId, id, seq, type, jobId, body, createdAt };
}

export function endpointOf(row: EndpointRow, sealing: Sealing, publicKeys: readonly PublicKey[]): Endpoint {
  return {
    tenantId: row.tenantId,
    id: row.id,
    url: row.url,
    events: row.events,
    description: row.description,
    headers: endpointHeaders(row, sealing),
    retry: row.retry,
    timeoutMs: row.timeoutMs,
    maxInFlight: row.maxInFlight,
    ratePerSecond: row.ratePerSecond,
    ordered: row.ordered,
    signature: row.signature,
    publicKeys,
    status: row.status,
    pausedReason: row.pausedReason,
    metadata: row.metadata,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
  };
}

export function endpointHeaders(row: EndpointRow, sealing: Sealing): Readonly<Record<string, string>> {
  if (row.sealedHeaders === null) return {};
  const place = { tenantId: row.tenantId, table: "endpoint", rowId: row.id, column: "sealed_headers" };
  return JSON.parse(sealing.open(row.sealedHeaders, place)) as Record<string, string>;
}

export function paceOf({ maxInFlight, ratePerSecond, ordered, health, notBefore }: LaneRow): LanePace {
  return { maxInFlight, ratePerSecond, ordered, health, notBefore };
}

/** The default one unless the endpoint has its own; throws when what is stored is none. */
export function retryPolicyOf({ id, retry }: EndpointRow): RetryPolicy {
  if (retry === null) return defaultRetryPolicy;
  if (!isRetryPolicy(retry)) throw new Error(`The retry policy of ${id} is damaged.`);
  return retry;
}

/** What a paused lane holds has no time at which it is due. */
export function deliveryOf(row: DeliveryRow, lanePaused: boolean): Delivery {
  return {
    tenantId: row.tenantId,
    id: row.id,
    eventId: row.eventId,
    eventType: row.eventType,
    jobId: row.jobId,
    endpointId: row.endpointId,
    laneId: row.laneId,
    url: row.url,
    host: row.host,
    status: row.status,
    dueAt: lanePaused ? null : row.dueAt,
    attemptStartedAt: row.attemptStartedAt,
    attempts: row.attempts,
    attemptsMax: row.attemptsMax,
    code: row.code,
    httpStatus: row.httpStatus,
    createdAt: row.createdAt,
    finishedAt: row.finishedAt,
  };
}

export function attemptOf(row: AttemptRow): Attempt {
  return {
    id: row.id,
    n: row.n,
    trigger: row.trigger,
    startedAt: row.startedAt,
    durationMs: row.durationMs,
    url: row.url,
    request:
      row.requestHeaders === null
        ? null
        : { headers: row.requestHeaders, bodyBytes: row.requestBodyBytes ?? 0 },
    response: responseOf(row),
    outcome: row.outcome,
    code: row.code,
    detail: row.detail,
    peerAddress: row.peerAddress,
    retryAt: row.retryAt,
  };
}

function responseOf(row: AttemptRow): Attempt["response"] {
  const { responseStatus, responseHeaders, responseBody, responseTruncated } = row;
  if (responseStatus === null || responseHeaders === null || responseBody === null) return null;
  return {
    status: responseStatus,
    headers: responseHeaders,
    body: responseBody,
    truncated: responseTruncated ?? false,
  };
}

export function deadLetterOf(row: DeadLetterRow, dead: Delivery): DeadLetter {
  const { state, reason, httpStatus, detail, diedAt, resolvedAt, discardedAt, discardReason, note } = row;
  const discarded = { discardedAt, discardReason, note };
  return { delivery: dead, state, reason, httpStatus, detail, diedAt, resolvedAt, ...discarded };
}

export function replayOf(row: ReplayRow): Replay {
  const { tenantId, id, status, plan, createdAt, finishedAt, version } = row;
  const { total, waiting, underWay, delivered, failed, skipped } = row;
  const counts = { total, waiting, underWay, delivered, failed, skipped };
  return { ...plan, tenantId, id, status, counts, createdAt, finishedAt, version };
}

export function tenantOf(row: TenantRow): Tenant {
  const { tenantId: id, name, createdAt, updatedAt } = row;
  return { id, name, limits: limitsOf(row), createdAt, updatedAt: updatedAt ?? createdAt };
}

export function limitsOf({ unfinishedMax, runningMax, requestsPerMinute }: TenantLimits): TenantLimits {
  return { unfinishedMax, runningMax, requestsPerMinute };
}

export function auditEntryOf(row: AuditRow): AuditEntry {
  const { tenantId, id, at, action, subject, keyTenantId, keyId, reason, details } = row;
  const by = keyTenantId === null || keyId === null ? null : { tenantId: keyTenantId, keyId };
  return { tenantId, id, at, action, subject, by, reason, details };
}
