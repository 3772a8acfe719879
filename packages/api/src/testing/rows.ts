// Rows for tests: a job, a delivery with an attempt and a dead letter of a tenant, as a store would have them.
import type { Attempt, DeadLetter, Delivery, Endpoint, JobWithPayloads, Replay } from "@ringback/core";
import { exampleIds } from "../openapi/example-ids.ts";

const at = Date.parse("2026-11-22T08:00:00.000Z");

export const ids = exampleIds;

export function aJob(change: Partial<JobWithPayloads> = {}): JobWithPayloads {
  return {
    tenantId: "mine",
    id: ids.job,
    kind: "echo",
    status: "queued",
    priority: 0,
    metadata: {},
    progress: null,
    error: null,
    runs: 0,
    callback: null,
    createdAt: at,
    runAt: null,
    startedAt: null,
    finishedAt: null,
    expiresAt: null,
    erasedAt: null,
    resultErasedAt: null,
    cancelRequestedAt: null,
    version: 1,
    input: null,
    result: null,
    ...change,
  };
}

export function aResult(text: string, contentType = "application/json"): Partial<JobWithPayloads> {
  return {
    status: "succeeded",
    finishedAt: at,
    version: 3,
    result: { contentType, body: Buffer.from(text) },
  };
}

export function aDelivery(change: Partial<Delivery> = {}): Delivery {
  return {
    tenantId: "mine",
    id: ids.delivery,
    eventId: ids.event,
    eventType: "job.succeeded",
    jobId: ids.job,
    endpointId: null,
    laneId: "https://hooks.example",
    url: "https://hooks.example/in",
    host: "hooks.example",
    status: "dead",
    dueAt: null,
    attemptStartedAt: null,
    attempts: 1,
    attemptsMax: 1,
    code: "http_5xx",
    httpStatus: 500,
    createdAt: at,
    finishedAt: at + 1_000,
    ...change,
  };
}

export function anAttempt(change: Partial<Attempt> = {}): Attempt {
  return {
    id: "att_01kat5vqt8fkz9m0w4r1x2y3z4",
    n: 1,
    trigger: "auto",
    startedAt: at,
    durationMs: 12,
    url: "https://hooks.example/in",
    request: { headers: { "webhook-id": ids.event }, bodyBytes: 20 },
    response: { status: 500, headers: { server: "x" }, body: Buffer.from("broken é"), truncated: false },
    outcome: "failed",
    code: "http_5xx",
    detail: "The receiver answered 500.",
    peerAddress: "93.184.216.34",
    retryAt: null,
    ...change,
  };
}

export function aDeadLetter(delivery: Delivery = aDelivery()): DeadLetter {
  return {
    delivery,
    state: "open",
    reason: "http_5xx",
    httpStatus: 500,
    detail: "The receiver answered 500.",
    diedAt: at + 1_000,
    resolvedAt: null,
    discardedAt: null,
    discardReason: null,
    note: null,
  };
}

export function aReplay(change: Partial<Replay> = {}): Replay {
  return {
    tenantId: "mine",
    id: ids.replay,
    status: "running",
    filter: { host: "hooks.example", from: at },
    ratePerSecond: 50,
    order: "oldest",
    stopAfterFailureRatio: 0.5,
    reason: "they were down",
    counts: { total: 3, waiting: 1, underWay: 1, delivered: 1, failed: 0, skipped: 0 },
    createdAt: at,
    finishedAt: null,
    version: 2,
    ...change,
  };
}

export function anEndpoint(change: Partial<Endpoint> = {}): Endpoint {
  return {
    tenantId: "mine",
    id: ids.endpoint,
    url: "https://hooks.example/in?token=CANARY",
    events: ["job.*"],
    description: null,
    headers: { "x-team": "CANARY" },
    retry: null,
    timeoutMs: null,
    maxInFlight: null,
    ratePerSecond: null,
    ordered: false,
    signature: "standard",
    publicKeys: [],
    status: "active",
    pausedReason: null,
    metadata: {},
    createdAt: at,
    updatedAt: at,
    ...change,
  };
}
