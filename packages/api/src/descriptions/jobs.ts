// What the document says of jobs: submitting, reading and canceling them.
import { z } from "zod";
import { status } from "../answers/status.ts";
import { exampleIds } from "../openapi/example-ids.ts";
import { emptyForm, jsonForm, type Operation } from "../openapi/operation.ts";
import { jobRequestSchema } from "../schemas/job-request.ts";
import type { ListQueries } from "../schemas/list-queries.ts";
import { jobShape } from "../shapes/job-shape.ts";
import { pageShape } from "../shapes/page-shape.ts";

const tag = "Jobs";
const path = { id: "The job's id." };
const example = { path: { id: exampleIds.job } };
const queued = { path: { id: exampleIds.queuedJob } };
const failed = { path: { id: exampleIds.failedJob } };
const accepted = ["location", "retry-after", "etag", "link"] as const;
const unchanged = emptyForm(status.notModified, "You have this version.", {
  always: ["etag"],
  sometimes: ["retry-after"],
});

export const submitJobOperation: Operation = {
  id: "submitJob",
  tag,
  summary: "Submit a job",
  description:
    "202 means that the job is on disk. With an `Idempotency-Key` the same request makes one job however often it is sent, and answers with the job as it is now.",
  headers: ["idempotency-key", "traceparent"],
  body: { schema: jobRequestSchema },
  callsBack: true,
  answers: [
    jsonForm(status.accepted, "Accepted: the job, and where to poll it.", jobShape, {
      always: accepted,
      sometimes: ["idempotency-replayed"],
    }),
  ],
  refusals: [
    "idempotency-key-invalid",
    "idempotency-key-reused",
    "unknown-kind",
    "input-invalid",
    "callback-url-rejected",
    "callback-endpoint-unknown",
    "overloaded",
  ],
  examples: [
    { name: "simple", summary: "A kind and its input", body: { kind: "echo", input: { hello: "world" } } },
    {
      name: "withCallback",
      summary: "With a callback, labels, and a key that makes trying again safe",
      headers: { "idempotency-key": "3f0b6e3c-0d8b-4d7c-9f58-6f0a4f2d9c11" },
      body: {
        kind: "echo",
        input: { pages: 5 },
        callback: { url: "https://receiver.example/in" },
        metadata: { team: "blue" },
        runTimeoutMs: 60_000,
      },
    },
    {
      name: "callbackRefused",
      summary: "A callback to an address that may not be called",
      body: { kind: "echo", callback: { url: "https://10.0.0.1/" } },
    },
  ],
};

export const jobOperations = {
  get: {
    id: "getJob",
    tag,
    summary: "Read a job",
    description: "200 as long as the job exists, whatever its status. Poll it with `If-None-Match`.",
    path,
    headers: ["if-none-match"],
    answers: [
      jsonForm(status.ok, "The job.", jobShape, { always: ["etag"], sometimes: ["retry-after"] }),
      unchanged,
    ],
    examples: [
      { name: "done", summary: "A job that has succeeded", ...example },
      { name: "waiting", summary: "A job that waits: `Retry-After` says when to look again", ...queued },
      {
        name: "unchanged",
        summary: "Nothing new since the last look",
        ...example,
        headers: { "if-none-match": '"3"' },
      },
    ],
  },
  cancel: {
    id: "cancelJob",
    tag,
    summary: "Cancel a job",
    description: "A running job is asked to stop by its handler's `AbortSignal`. It never erases a result.",
    path,
    answers: [
      jsonForm(status.ok, "It is canceled, by this call or before.", jobShape, { always: ["etag"] }),
      jsonForm(status.accepted, "It runs, and is asked to stop.", jobShape, { always: accepted }),
    ],
    refusals: ["job-finished"],
    examples: [
      { name: "queued", summary: "A job that has not begun", ...queued },
      { name: "tooLate", summary: "A job that is over", ...example },
    ],
  },
  status: {
    id: "getJobStatus",
    tag,
    summary: "Follow a job to its result",
    description:
      "The status monitor: 200 while it is not done and when it failed; once it has succeeded, 303 to the result.",
    path,
    headers: ["if-none-match"],
    answers: [
      jsonForm(status.ok, "Not done, failed or canceled.", jobShape, {
        always: ["etag"],
        sometimes: ["retry-after"],
      }),
      jsonForm(status.seeOther, "It has succeeded; the body is the job.", jobShape, {
        always: ["location", "etag"],
      }),
      unchanged,
    ],
    examples: [
      { name: "waiting", summary: "Come again after `Retry-After`", ...queued },
      { name: "succeeded", summary: "On to the result", ...example },
      { name: "failed", summary: "Why it failed", ...failed },
    ],
  },
  result: {
    id: "getJobResult",
    tag,
    summary: "Read a job's result",
    description:
      "The bytes as the handler gave them. A callback's `resultUrl` carries a `token` that opens it without a key.",
    path,
    parameters: [
      { name: "token", description: "The token of a `resultUrl`, instead of a key.", schema: z.string() },
    ],
    headers: ["if-none-match"],
    acceptsToken: true,
    answers: [
      {
        status: status.ok,
        description: "The result, under the content type that the handler gave it.",
        always: ["etag", "cache-control", "content-security-policy"],
        content: { "*": z.unknown() },
      },
      emptyForm(status.notModified, "You have it.", { always: ["etag", "cache-control"] }),
    ],
    refusals: ["job-not-finished", "job-failed", "job-canceled"],
    examples: [
      { name: "done", summary: "A JSON result", ...example },
      { name: "tooEarly", summary: "A job that is not done", ...queued },
    ],
  },
} as const satisfies Readonly<Record<string, Operation>>;

export function listJobsOperation({ jobs }: ListQueries): Operation {
  return {
    id: "listJobs",
    tag,
    summary: "List jobs",
    description: "The newest first. Inputs and results of more than 20 kB are left out.",
    query: jobs,
    parameters: [
      {
        name: "metadata",
        description: "`metadata.<name>=<value>`: only jobs with this label. Several must all match.",
        schema: z.record(z.string().regex(/^metadata\./), z.string()),
        explode: true,
      },
    ],
    answers: [jsonForm(status.ok, "A page of jobs.", pageShape(jobShape), { sometimes: ["link"] })],
    refusals: ["cursor-invalid"],
    examples: [
      { name: "failed", summary: "Those that failed", query: { status: "failed" } },
      { name: "page", summary: "One at a time", query: { limit: "1" } },
    ],
  };
}
