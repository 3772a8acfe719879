// An example of a webhook's body, made by what makes the real ones.
import {
  eventBody,
  jobToJson,
  resultTtlDefaultMs,
  type JobEventType,
  type JobStatus,
  type JobWithPayloads,
} from "@ringback/core";
import { exampleIds } from "./example-ids.ts";

const at = Date.parse("2026-11-22T08:00:00.000Z");

const statuses: Readonly<Record<JobEventType, JobStatus>> = {
  "job.queued": "queued",
  "job.started": "running",
  "job.progress": "running",
  "job.succeeded": "succeeded",
  "job.failed": "failed",
  "job.canceled": "canceled",
};

/** Parsed JSON. */
export function exampleWebhook(type: JobEventType): unknown {
  const data = jobToJson(exampleJob(type), { resultUrl: null, resultBytesMax: 20_000 });
  return JSON.parse(eventBody(type, at + 1_500, data));
}

function exampleJob(type: JobEventType): JobWithPayloads {
  const status = statuses[type];
  const isOver = status === "succeeded" || status === "failed" || status === "canceled";
  const hasBegun = status !== "queued" && status !== "canceled";
  return {
    tenantId: "default",
    id: exampleIds.job,
    kind: "echo",
    status,
    priority: 0,
    metadata: { team: "blue" },
    progress: type === "job.progress" ? { percent: 40, message: "two of five pages" } : null,
    error: status === "failed" ? { code: "handler_error", message: "the upstream is gone", run: 1 } : null,
    runs: hasBegun ? 1 : 0,
    callback: {
      url: "https://receiver.example/in",
      endpointId: null,
      deliveries: { pending: 1, delivered: 0, dead: 0, canceled: 0 },
    },
    createdAt: at,
    runAt: null,
    startedAt: hasBegun ? at + 300 : null,
    finishedAt: isOver ? at + 1_500 : null,
    expiresAt: isOver ? at + 1_500 + resultTtlDefaultMs : null,
    erasedAt: null,
    resultErasedAt: null,
    cancelRequestedAt: status === "canceled" ? at + 1_400 : null,
    version: isOver ? 3 : hasBegun ? 2 : 1,
    input: '{"pages":5}',
    result:
      status === "succeeded"
        ? { contentType: "application/json", body: new TextEncoder().encode('{"pages":5}') }
        : null,
  };
}
