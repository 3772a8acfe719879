// What the document says of submitting jobs: one, one under an id of the client's, and many at once.
import { status } from "../answers/status.ts";
import { exampleIds } from "../openapi/example-ids.ts";
import { jsonForm, type Operation } from "../openapi/operation.ts";
import { batchRequestSchema } from "../schemas/batch-request.ts";
import { jobRequestSchema } from "../schemas/job-request.ts";
import type { ListQueries } from "../schemas/list-queries.ts";
import { batchShape } from "../shapes/batch-shape.ts";
import { jobShape } from "../shapes/job-shape.ts";

const tag = "Jobs";

const acceptedForms: Operation["answers"] = [
  jsonForm(status.ok, "With `Prefer: wait=n`: it has ended in time.", jobShape, {
    always: ["location", "etag", "link", "preference-applied"],
    sometimes: ["idempotency-replayed"],
  }),
  jsonForm(status.accepted, "Accepted: the job, and where to poll it.", jobShape, {
    always: ["location", "retry-after", "etag", "link"],
    sometimes: ["idempotency-replayed", "preference-applied"],
  }),
];

export const submitJobOperation: Operation = {
  id: "submitJob",
  tag,
  summary: "Submit a job",
  description:
    "202 means that the job is on disk. With an `Idempotency-Key` the same request makes one job however often it is sent, and answers with the job as it is now. With `Prefer: wait=10` the answer is 200 with the result if it comes in time.",
  headers: ["idempotency-key", "prefer", "traceparent"],
  body: { schema: jobRequestSchema },
  callsBack: true,
  answers: acceptedForms,
  refusals: [
    "idempotency-key-invalid",
    "idempotency-key-reused",
    "unknown-kind",
    "input-invalid",
    "callback-url-rejected",
    "callback-endpoint-unknown",
    "job-expired",
    "quota-exceeded",
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
      name: "bounded",
      summary: "With bounds on waiting and on how long the result is kept",
      headers: { prefer: "respond-async" },
      body: { kind: "echo", input: [1, 2], priority: 5, queueTimeoutMs: 600_000, resultTtlMs: 604_800_000 },
    },
    {
      name: "callbackRefused",
      summary: "A callback to an address that may not be called",
      body: { kind: "echo", callback: { url: "https://10.0.0.1/" } },
    },
  ],
};

export const putJobOperation: Operation = {
  id: "putJob",
  tag,
  summary: "Submit a job under an id of your own",
  description:
    "The same request makes one job however often it is sent, for as long as the job is known, and answers with the job as it is now. Another body under the same id is refused. An `Idempotency-Key` says nothing more here.",
  path: { id: "A UUID that you have made for this job, or an id of the form `job_…`." },
  headers: ["prefer", "traceparent"],
  body: { schema: jobRequestSchema },
  callsBack: true,
  answers: acceptedForms,
  refusals: [
    "job-id-invalid",
    "job-id-reused",
    "unknown-kind",
    "input-invalid",
    "callback-url-rejected",
    "callback-endpoint-unknown",
    "job-expired",
    "quota-exceeded",
    "overloaded",
  ],
  examples: [
    {
      name: "uuid",
      summary: "Under a UUID",
      path: { id: exampleIds.uuid },
      body: { kind: "echo", input: { hello: "world" } },
    },
    {
      name: "taken",
      summary: "An id under which there is another job",
      path: { id: exampleIds.job },
      body: { kind: "echo" },
    },
    {
      name: "noId",
      summary: "An order number is no id",
      path: { id: "order-4711" },
      body: { kind: "echo" },
    },
  ],
};

export function submitBatchOperation({ batch }: ListQueries): Operation {
  return {
    id: "submitBatch",
    tag,
    summary: "Submit many jobs at once",
    description:
      "Each job is accepted or refused by itself, and all that are accepted are on disk in one commit; with `atomic=true` all are accepted or none is. With an `Idempotency-Key` the same batch makes no job twice. Each job may have a `callback`, which is called as that of a single job is.",
    query: batch,
    headers: ["idempotency-key", "traceparent"],
    body: { schema: batchRequestSchema },
    answers: [
      jsonForm(status.accepted, "One entry per job, in their order: the job, or its problem.", batchShape, {
        sometimes: ["idempotency-replayed"],
      }),
    ],
    refusals: ["idempotency-key-invalid", "batch-refused", "quota-exceeded", "overloaded"],
    examples: [
      {
        name: "mixed",
        summary: "One job that is accepted, and one of a kind that there is not",
        body: { jobs: [{ kind: "echo", input: 1 }, { kind: "ecko" }] },
      },
      {
        name: "atomic",
        summary: "All or none: the same jobs are refused together",
        query: { atomic: "true" },
        body: { jobs: [{ kind: "echo", input: 1 }, { kind: "ecko" }] },
      },
    ],
  };
}
