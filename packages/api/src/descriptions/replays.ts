// What the document says of replays.
import { z } from "zod";
import { status } from "../answers/status.ts";
import { exampleIds } from "../openapi/example-ids.ts";
import { emptyForm, jsonForm, type Operation } from "../openapi/operation.ts";
import type { ListQueries } from "../schemas/list-queries.ts";
import { reasonRequestSchema } from "../schemas/reason-request.ts";
import { replayRequestSchema } from "../schemas/replay-request.ts";
import { pageShape } from "../shapes/page-shape.ts";
import { replayPreviewShape, replayShape } from "../shapes/replay-shape.ts";

const tag = "Replays";
const path = { id: "The replay's id." };
const example = { path: { id: exampleIds.replay } };
const polled = { always: ["etag"], sometimes: ["retry-after"] } as const;
const replayForm = jsonForm(status.ok, "The replay as it is now.", replayShape, polled);
const body = { schema: reasonRequestSchema, mayBeEmpty: true };

export const replayOperations = {
  create: {
    id: "createReplay",
    tag,
    summary: "Redeliver many dead letters",
    description:
      "An operation that lives in the database: its items are those of the filter that are open now, it survives restarts and makes no item twice. `dryRun` only says what it would be made of. One with the same filter is refused while the first is not over.",
    body: { schema: replayRequestSchema },
    answers: [
      jsonForm(status.ok, "Of a dry run: what it would be made of.", replayPreviewShape),
      jsonForm(status.accepted, "The replay, which has begun.", replayShape, {
        always: ["etag", "location"],
        sometimes: ["retry-after"],
      }),
    ],
    refusals: ["replay-running", "too-many-replays"],
    examples: [
      {
        name: "dry",
        summary: "What it would be made of",
        body: { filter: { host: "hooks.example" }, dryRun: true, reason: "Their outage of Tuesday." },
      },
    ],
  },
  get: {
    id: "getReplay",
    tag,
    summary: "Read a replay",
    path,
    headers: ["if-none-match"],
    answers: [replayForm, emptyForm(status.notModified, "It has not changed.", { always: ["etag"] })],
    examples: [{ name: "running", summary: "One that is under way", ...example }],
  },
  stream: {
    id: "followReplay",
    tag,
    summary: "Follow a replay",
    description:
      "A stream of server-sent events: the replay as it is whenever it changes (`replay.progress`), until it is over (`replay.completed`, `replay.canceled`). Ids are versions.",
    path,
    headers: ["last-event-id"],
    answers: [
      {
        status: status.ok,
        description: "The stream.",
        sometimes: ["cache-control"],
        content: { "text/event-stream": z.string() },
      },
      emptyForm(status.noContent, "The stream was read to its end before; do not connect again."),
    ],
    refusals: ["overloaded"],
    examples: [{ name: "end", summary: "One that is over", path: { id: exampleIds.endedReplay } }],
  },
  pause: {
    id: "pauseReplay",
    tag,
    summary: "Pause a replay",
    description: "It makes nothing more; what is under way goes on.",
    path,
    body,
    answers: [replayForm],
    refusals: ["replay-finished"],
    examples: [{ name: "one", summary: "While they look into it", ...example }],
  },
  resume: {
    id: "resumeReplay",
    tag,
    summary: "Resume a replay",
    description: "Also one that was stopped by its own rule, which begins to count anew.",
    path,
    body,
    answers: [replayForm],
    refusals: ["replay-finished"],
    examples: [{ name: "one", summary: "After a pause", ...example }],
  },
  cancel: {
    id: "cancelReplay",
    tag,
    summary: "Cancel a replay",
    description: "What it has not made stays as it was; what is under way goes on.",
    path,
    body,
    answers: [replayForm],
    refusals: ["replay-finished"],
    examples: [{ name: "one", summary: "It is not wanted any more", ...example }],
  },
} as const satisfies Readonly<Record<string, Operation>>;

export function listReplaysOperation({ replays }: ListQueries): Operation {
  return {
    id: "listReplays",
    tag,
    summary: "List replays",
    description: "The newest first.",
    query: replays,
    answers: [jsonForm(status.ok, "A page of replays.", pageShape(replayShape), { sometimes: ["link"] })],
    refusals: ["cursor-invalid"],
    examples: [{ name: "all", summary: "The first page" }],
  };
}
