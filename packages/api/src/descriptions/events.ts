// What the document says of events: those of one job, the feed, and the operator's own.
import { z } from "zod";
import { status } from "../answers/status.ts";
import { exampleIds } from "../openapi/example-ids.ts";
import { emptyForm, jsonForm, type Operation } from "../openapi/operation.ts";
import type { ListQueries } from "../schemas/list-queries.ts";
import { eventRequestSchema } from "../schemas/event-request.ts";
import { eventShape, feedShape, toldEventShape } from "../shapes/event-shape.ts";
import { pageShape } from "../shapes/page-shape.ts";

const tag = "Events";

export function jobEventsOperation({ jobEvents }: ListQueries): Operation {
  return {
    id: "listJobEvents",
    tag,
    summary: "Follow what happens to a job",
    description:
      "A stream of server-sent events that ends with the job, or a list with `Accept: application/json`. Stored events have their ids: the final one always, the others when a callback or an endpoint asked for them. Between them the stream shows the job as it is whenever it changes (`job.queued`, `job.started`, `job.progress`), without an id and without its input.",
    path: { id: "The job's id, or the UUID that it was put under." },
    query: jobEvents,
    headers: ["accept", "last-event-id"],
    answers: [
      {
        status: status.ok,
        description: "A stream whose ids are event ids, or a page of the list.",
        sometimes: ["link", "cache-control"],
        content: { "text/event-stream": z.string(), "application/json": pageShape(eventShape) },
      },
      emptyForm(status.noContent, "The stream was read to its end before; do not connect again."),
    ],
    refusals: ["cursor-invalid", "job-expired", "overloaded"],
    examples: [
      {
        name: "list",
        summary: "As a list",
        path: { id: exampleIds.job },
        headers: { accept: "application/json" },
      },
    ],
  };
}

export function feedOperation({ feed }: ListQueries): Operation {
  return {
    id: "readFeed",
    tag,
    summary: "Read the feed",
    description:
      "Every event in commit order, none skipped: the bytes, the `webhook-id` and the signature that a webhook would carry. A cursor that is older than what is kept answers 410. `wait` holds the answer until there is something new. `undelivered=true` leaves out what a receiver has taken.",
    query: feed,
    answers: [jsonForm(status.ok, "Events, and where to go on.", feedShape)],
    refusals: ["cursor-invalid", "cursor-expired"],
    examples: [
      { name: "ends", summary: "How jobs ended", query: { types: "job.succeeded,job.failed" } },
      { name: "missed", summary: "What no receiver has taken", query: { undelivered: "true" } },
    ],
  };
}

export const tellEventOperation: Operation = {
  id: "tellEvent",
  tag,
  summary: "Tell an event of your own",
  description:
    "A webhook without a job: it goes to every endpoint that wants its type, and into the feed, in the bytes of `data` as they came. A paused endpoint holds it. With an `Idempotency-Key`, or `idempotencyKey` in the body, it is told once, and the same request is answered as the first time.",
  headers: ["idempotency-key"],
  body: { schema: eventRequestSchema },
  answers: [
    jsonForm(status.accepted, "It is on disk, and owed to so many endpoints.", toldEventShape, {
      sometimes: ["idempotency-replayed"],
    }),
  ],
  refusals: ["idempotency-key-invalid", "idempotency-key-reused", "overloaded"],
  examples: [
    {
      name: "paid",
      summary: "An invoice was paid",
      headers: { "idempotency-key": "invoice-4711-paid" },
      body: { type: "invoice.paid", data: { invoice: 4_711, total: "12.50" } },
    },
    {
      name: "reserved",
      summary: "A type that only Ringback tells",
      body: { type: "job.succeeded", data: {} },
    },
  ],
};
