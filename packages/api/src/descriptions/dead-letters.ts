// What the document says of dead letters.
import { status } from "../answers/status.ts";
import { exampleIds } from "../openapi/example-ids.ts";
import { jsonForm, type Operation } from "../openapi/operation.ts";
import { discardRequestSchema, noteRequestSchema } from "../schemas/dead-letter-request.ts";
import type { ListQueries } from "../schemas/list-queries.ts";
import { reasonRequestSchema } from "../schemas/reason-request.ts";
import { deadLetterDetailShape, deadLetterGroupsShape, deadLetterShape } from "../shapes/delivery-shape.ts";
import { redeliveredForm } from "./deliveries.ts";
import { listForm } from "./list-form.ts";

const tag = "Dead letters";
const path = { id: "The id of the delivery that died." };
const example = { path: { id: exampleIds.delivery } };
const letterForm = jsonForm(status.ok, "The dead letter.", deadLetterDetailShape);

export const deadLetterOperations = {
  get: {
    id: "getDeadLetter",
    tag,
    summary: "Read a dead letter with its attempts",
    path,
    answers: [letterForm],
    examples: [{ name: "one", summary: "A receiver that was broken", ...example }],
  },
  note: {
    id: "noteDeadLetter",
    tag,
    summary: "Write a note on a dead letter",
    description:
      "For the next one who looks at it. It stays when the delivery dies again; null takes it away.",
    path,
    body: { schema: noteRequestSchema },
    answers: [letterForm],
    examples: [
      { name: "asked", summary: "What was found out", ...example, body: { note: "Asked them on Monday." } },
    ],
  },
  redeliver: {
    id: "redeliverDeadLetter",
    tag,
    summary: "Deliver a dead letter again",
    description: "It is resolved only when that was delivered.",
    path,
    body: { schema: reasonRequestSchema, mayBeEmpty: true },
    answers: [redeliveredForm],
    refusals: ["endpoint-deleted"],
    examples: [{ name: "now", summary: "After the receiver was repaired", ...example }],
  },
  discard: {
    id: "discardDeadLetter",
    tag,
    summary: "Decide that a dead letter need not arrive",
    description: "It leaves the list. It may still be redelivered; when it dies again it is open again.",
    path,
    body: { schema: discardRequestSchema },
    answers: [letterForm],
    refusals: ["dead-letter-resolved"],
    examples: [{ name: "done", summary: "Settled otherwise", ...example, body: { reason: "Sent by mail." } }],
  },
} as const satisfies Readonly<Record<string, Operation>>;

export function listDeadLettersOperation({ deadLetters }: ListQueries): Operation {
  return {
    id: "listDeadLetters",
    tag,
    summary: "List dead letters",
    description:
      'The last to die first. With more than one filter a page may be short, or empty, and have a `nextCursor` all the same. With `Accept: application/x-ndjson` the whole list, one line each; the last line is `{"nextCursor": …}` when it is too long for one answer.',
    query: deadLetters,
    headers: ["accept"],
    answers: [listForm("dead letters", deadLetterShape)],
    refusals: ["cursor-invalid"],
    examples: [{ name: "all", summary: "The first page" }],
  };
}

export function groupDeadLettersOperation({ deadLetterGroups }: ListQueries): Operation {
  return {
    id: "groupDeadLetters",
    tag,
    summary: "Count dead letters by cause",
    description: "By host, code and HTTP status; the most frequent cause first.",
    query: deadLetterGroups,
    answers: [jsonForm(status.ok, "The causes, and how many there are in all.", deadLetterGroupsShape)],
    examples: [{ name: "causes", summary: "What is wrong at the moment" }],
  };
}
