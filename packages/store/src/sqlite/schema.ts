// The tables. Twin file: byte-identical for every dialect, which speaks through columns.ts only.
//
// Every row carries its tenant, first in its key, and foreign keys carry it too, so no row can point into another tenant.
// The CHECK constraints mirror the state machines of core. Payloads lie outside `job`: its changes never rewrite them.
import { sql } from "drizzle-orm/sql/sql";
import {
  deliveryStatuses,
  jobStatuses,
  type AttemptCode,
  type AttemptOutcome,
  type EventPatterns,
  type DeliveryStatus,
  type JobErrorCode,
  type JobStatus,
  type Metadata,
  type Trigger,
} from "@ringback/core";
import {
  bytes,
  check,
  flag,
  foreignKey,
  index,
  instant,
  integer,
  json,
  oneOf,
  partialIndex,
  primaryKey,
  sealedWith,
  sequence,
  table,
  text,
  together,
  uniqueIndex,
} from "./columns.ts";
import { deadLetterLifeColumns, deadLetterLifeParts } from "./schema/dead-letter-life.ts";
import { eitherSeal, jobLifeColumns, jobLifeIndexes } from "./schema/job-life.ts";
import { lane } from "./schema/endpoints.ts";
import { tenant } from "./schema/tenants.ts";
export { announcedKind } from "./schema/announced-kind.ts";
export * from "./schema/endpoints.ts";
export * from "./schema/replays.ts";
export * from "./schema/seals.ts";
export * from "./schema/tenants.ts";

const triggers: readonly Trigger[] = ["auto", "manual", "replay", "test"];

export const job = table(
  "job",
  {
    tenantId: text("tenant_id").notNull(),
    id: text("id").notNull(),
    kind: text("kind").notNull(),
    status: text("status").$type<JobStatus>().notNull(),
    priority: integer("priority").notNull(),
    metadata: json<Metadata>("metadata").notNull(),
    progressPercent: integer("progress_percent"),
    progressMessage: text("progress_message"),
    errorCode: text("error_code").$type<JobErrorCode>(),
    errorMessage: text("error_message"),
    errorRun: integer("error_run"),
    runs: integer("runs").notNull(),
    lostRuns: integer("lost_runs").notNull(),
    releasedRuns: integer("released_runs").notNull(),
    maxRuns: integer("max_runs").notNull(),
    runTimeoutMs: integer("run_timeout_ms").notNull(),
    callbackEvents: json<EventPatterns>("callback_events"),
    callbackEndpointId: text("callback_endpoint_id"),
    callbackUrl: text("callback_url"),
    callbackOrigin: text("callback_origin"),
    callbackHost: text("callback_host"),
    callbackSealedHeaders: text("callback_sealed_headers"),
    callbackSealedSecret: text("callback_sealed_secret"),
    deliveriesPending: integer("deliveries_pending").notNull(),
    deliveriesDelivered: integer("deliveries_delivered").notNull(),
    deliveriesDead: integer("deliveries_dead").notNull(),
    deliveriesCanceled: integer("deliveries_canceled").notNull(),
    createdAt: instant("created_at").notNull(),
    runAt: instant("run_at"),
    dueAt: instant("due_at"),
    startedAt: instant("started_at"),
    finishedAt: instant("finished_at"),
    cancelRequestedAt: instant("cancel_requested_at"),
    claimedBy: text("claimed_by"),
    leaseUntil: instant("lease_until"),
    token: integer("token").notNull(),
    traceparent: text("traceparent"),
    version: integer("version").notNull(),
    ...jobLifeColumns,
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    foreignKey({ columns: [t.tenantId], foreignColumns: [tenant.tenantId] }),
    partialIndex("job_due", [t.priority, t.tenantId, t.dueAt, t.id, t.kind], sql`${t.status} = 'queued'`),
    partialIndex("job_leased", [t.leaseUntil], sql`${t.status} = 'running'`),
    partialIndex(
      "job_sealed_with",
      [sealedWith(eitherSeal(t)), t.tenantId, t.id],
      sql`${eitherSeal(t)} is not null`,
    ),
    ...jobLifeIndexes(t),
    check("job_status", oneOf(t.status, jobStatuses)),
    check("job_queued", sql`(${t.status} = 'queued') = (${t.dueAt} is not null)`),
    check("job_claimed", sql`(${t.status} = 'running') = (${t.claimedBy} is not null)`),
    check("job_leased", sql`(${t.status} = 'running') = (${t.leaseUntil} is not null)`),
    check("job_finished", sql`(${t.status} in ('queued', 'running')) = (${t.finishedAt} is null)`),
    check("job_failed", sql`(${t.status} = 'failed') = (${t.errorCode} is not null)`),
    check("job_error", together(t.errorCode, t.errorMessage, t.errorRun)),
    check("job_callback", sql`${t.callbackUrl} is null or ${t.callbackEndpointId} is null`),
    check(
      "job_callback_events",
      sql`(${t.callbackEvents} is not null) = (${t.callbackUrl} is not null or ${t.callbackEndpointId} is not null)`,
    ),
    check("job_callback_receiver", together(t.callbackUrl, t.callbackOrigin, t.callbackHost)),
    check(
      "job_runs",
      sql`${t.lostRuns} >= 0 and ${t.releasedRuns} >= 0 and ${t.lostRuns} + ${t.releasedRuns} <= ${t.runs}`,
    ),
    check(
      "job_deliveries",
      sql`${t.deliveriesPending} >= 0 and ${t.deliveriesDelivered} >= 0 and ${t.deliveriesDead} >= 0 and ${t.deliveriesCanceled} >= 0`,
    ),
  ],
);

export const jobInput = table(
  "job_input",
  {
    tenantId: text("tenant_id").notNull(),
    jobId: text("job_id").notNull(),
    body: text("body").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.jobId] }),
    foreignKey({ columns: [t.tenantId, t.jobId], foreignColumns: [job.tenantId, job.id] }),
  ],
);

export const jobResult = table(
  "job_result",
  {
    tenantId: text("tenant_id").notNull(),
    jobId: text("job_id").notNull(),
    contentType: text("content_type").notNull(),
    body: bytes("body").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.jobId] }),
    foreignKey({ columns: [t.tenantId, t.jobId], foreignColumns: [job.tenantId, job.id] }),
  ],
);

/** What a key made: a job, or an event of the operator's own, which may leave the feed before the key does. */
export const idempotency = table(
  "idempotency",
  {
    tenantId: text("tenant_id").notNull(),
    key: text("key").notNull(),
    requestHash: text("request_hash").notNull(),
    jobId: text("job_id"),
    eventId: text("event_id"),
    eventDeliveries: integer("event_deliveries"),
    createdAt: instant("created_at").notNull(),
    expiresAt: instant("expires_at").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.key] }),
    foreignKey({ columns: [t.tenantId, t.jobId], foreignColumns: [job.tenantId, job.id] }),
    index("idempotency_expiry").on(t.expiresAt),
    index("idempotency_of_job").on(t.tenantId, t.jobId),
    check("idempotency_made", sql`(${t.jobId} is null) = (${t.eventId} is not null)`),
    check("idempotency_event", together(t.eventId, t.eventDeliveries)),
  ],
);

/**
 * `seq` is the feed's order, that of the commits; hence it is the key here, and (tenant, id) is unique beside it. `taken` is
 * set when a delivery that was delivered is deleted before its event; until then the attempts tell.
 */
export const event = table(
  "event",
  {
    seq: sequence("seq"),
    tenantId: text("tenant_id").notNull(),
    id: text("id").notNull(),
    type: text("type").notNull(),
    jobId: text("job_id"),
    createdAt: instant("created_at").notNull(),
    body: text("body").notNull(),
    taken: flag("taken").notNull().default(false),
  },
  (t) => [
    foreignKey({ columns: [t.tenantId, t.jobId], foreignColumns: [job.tenantId, job.id] }),
    uniqueIndex("event_id").on(t.tenantId, t.id),
    index("event_feed").on(t.tenantId, t.seq),
    partialIndex("event_of_job", [t.tenantId, t.jobId, t.seq], sql`${t.jobId} is not null`),
  ],
);

/** `url` is without its query. `for_callback`: owed to the job's own callback, and so counted on the job's row. */
export const delivery = table(
  "delivery",
  {
    tenantId: text("tenant_id").notNull(),
    id: text("id").notNull(),
    eventId: text("event_id").notNull(),
    eventType: text("event_type").notNull(),
    jobId: text("job_id"),
    endpointId: text("endpoint_id"),
    laneId: text("lane_id").notNull(),
    forCallback: flag("for_callback").notNull(),
    url: text("url").notNull(),
    host: text("host").notNull(),
    status: text("status").$type<DeliveryStatus>().notNull(),
    dueAt: instant("due_at"),
    trigger: text("trigger").$type<Trigger>().notNull(),
    attemptStartedAt: instant("attempt_started_at"),
    redeliverRequested: flag("redeliver_requested").notNull(),
    attempts: integer("attempts").notNull(),
    attemptsMax: integer("attempts_max"),
    roundFailures: integer("round_failures").notNull(),
    code: text("code").$type<AttemptCode>(),
    httpStatus: integer("http_status"),
    createdAt: instant("created_at").notNull(),
    finishedAt: instant("finished_at"),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    foreignKey({ columns: [t.tenantId, t.eventId], foreignColumns: [event.tenantId, event.id] }),
    foreignKey({ columns: [t.tenantId, t.laneId], foreignColumns: [lane.tenantId, lane.id] }),
    partialIndex(
      "delivery_due",
      [t.tenantId, t.laneId, t.dueAt, t.id],
      sql`${t.status} = 'pending' and ${t.attemptStartedAt} is null`,
    ),
    partialIndex("delivery_in_flight", [t.tenantId, t.laneId], sql`${t.attemptStartedAt} is not null`),
    index("delivery_of_event").on(t.tenantId, t.eventId),
    partialIndex("delivery_finished", [t.status, t.finishedAt], sql`${t.finishedAt} is not null`),
    index("delivery_newest").on(t.tenantId, t.createdAt, t.id),
    index("delivery_of_status").on(t.tenantId, t.status, t.createdAt, t.id),
    partialIndex("delivery_of_code", [t.tenantId, t.code, t.createdAt, t.id], sql`${t.code} is not null`),
    index("delivery_of_host").on(t.tenantId, t.host, t.createdAt, t.id),
    partialIndex(
      "delivery_of_endpoint",
      [t.tenantId, t.endpointId, t.createdAt, t.id],
      sql`${t.endpointId} is not null`,
    ),
    partialIndex("delivery_of_job", [t.tenantId, t.jobId, t.createdAt, t.id], sql`${t.jobId} is not null`),
    // Of answers that are looked for: 2xx are most of all rows, and every other row pays for an index of them.
    partialIndex(
      "delivery_of_http_status",
      [t.tenantId, t.httpStatus, t.createdAt, t.id],
      sql`${t.httpStatus} >= 300`,
    ),
    check("delivery_status", oneOf(t.status, deliveryStatuses)),
    check("delivery_trigger", oneOf(t.trigger, triggers)),
    check("delivery_due", sql`(${t.status} = 'pending') = (${t.dueAt} is not null)`),
    check("delivery_finished", sql`(${t.status} = 'pending') = (${t.finishedAt} is null)`),
    check("delivery_in_flight", sql`${t.attemptStartedAt} is null or ${t.status} = 'pending'`),
    check("delivery_redeliver", sql`${t.attemptStartedAt} is not null or not ${t.redeliverRequested}`),
    check("delivery_receiver", sql`${t.endpointId} is not null or ${t.forCallback}`),
    check("delivery_callback", sql`${t.jobId} is not null or not ${t.forCallback}`),
    check("delivery_attempts", sql`${t.attempts} >= 0 and ${t.roundFailures} >= 0`),
  ],
);

export const attempt = table(
  "attempt",
  {
    tenantId: text("tenant_id").notNull(),
    deliveryId: text("delivery_id").notNull(),
    n: integer("n").notNull(),
    id: text("id").notNull(),
    trigger: text("trigger").$type<Trigger>().notNull(),
    startedAt: instant("started_at").notNull(),
    durationMs: integer("duration_ms").notNull(),
    url: text("url").notNull(),
    outcome: text("outcome").$type<AttemptOutcome>().notNull(),
    code: text("code").$type<AttemptCode>().notNull(),
    detail: text("detail"),
    peerAddress: text("peer_address"),
    retryAt: instant("retry_at"),
    requestHeaders: json<Readonly<Record<string, string>>>("request_headers"),
    requestBodyBytes: integer("request_body_bytes"),
    responseStatus: integer("response_status"),
    responseHeaders: json<Readonly<Record<string, string>>>("response_headers"),
    responseTruncated: flag("response_truncated"),
    responseBody: bytes("response_body"),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.deliveryId, t.n] }),
    foreignKey({ columns: [t.tenantId, t.deliveryId], foreignColumns: [delivery.tenantId, delivery.id] }),
    check("attempt_n", sql`${t.n} >= 1`),
    check("attempt_trigger", oneOf(t.trigger, triggers)),
    check("attempt_outcome", oneOf(t.outcome, ["delivered", "failed", "outcome_unknown"])),
    check("attempt_request", together(t.requestHeaders, t.requestBodyBytes)),
    check(
      "attempt_response",
      together(t.responseStatus, t.responseHeaders, t.responseBody, t.responseTruncated),
    ),
  ],
);

export const deadLetter = table(
  "dead_letter",
  {
    tenantId: text("tenant_id").notNull(),
    deliveryId: text("delivery_id").notNull(),
    reason: text("reason").$type<AttemptCode>().notNull(),
    httpStatus: integer("http_status"),
    detail: text("detail"),
    diedAt: instant("died_at").notNull(),
    resolvedAt: instant("resolved_at"),
    ...deadLetterLifeColumns,
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.deliveryId] }),
    foreignKey({ columns: [t.tenantId, t.deliveryId], foreignColumns: [delivery.tenantId, delivery.id] }),
    ...deadLetterLifeParts(t),
  ],
);
