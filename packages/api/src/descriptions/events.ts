// What the document says of events: those of one job, and the feed.
import { z } from "zod";
import { status } from "../answers/status.ts";
import { exampleIds } from "../openapi/example-ids.ts";
import { emptyForm, jsonForm, type Operation } from "../openapi/operation.ts";
import type { ListQueries } from "../schemas/list-queries.ts";
import { eventShape, feedShape } from "../shapes/event-shape.ts";
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
      "Every event in commit order, none skipped: the bytes, the `webhook-id` and the signature that a webhook would carry. A cursor that is older than what is kept answers 410. `wait` holds the answer until there is something new.",
    query: feed,
    answers: [jsonForm(status.ok, "Events, and where to go on.", feedShape)],
    refusals: ["cursor-invalid", "cursor-expired"],
    examples: [{ name: "ends", summary: "How jobs ended", query: { types: "job.succeeded,job.failed" } }],
  };
}
