// What the document says of deliveries.
import { status } from "../answers/status.ts";
import { exampleIds } from "../openapi/example-ids.ts";
import { jsonForm, type Operation } from "../openapi/operation.ts";
import type { ListQueries } from "../schemas/list-queries.ts";
import { reasonRequestSchema } from "../schemas/reason-request.ts";
import { deliveryDetailShape, deliveryShape } from "../shapes/delivery-shape.ts";
import { listForm } from "./list-form.ts";

const path = { id: "The delivery's id." };
const example = { path: { id: exampleIds.delivery } };
export const redeliveredForm = jsonForm(status.accepted, "It is due now.", deliveryShape, {
  always: ["location"],
});

export const deliveryOperations = {
  get: {
    id: "getDelivery",
    tag: "Deliveries",
    summary: "Read a delivery with its attempts",
    path,
    answers: [
      jsonForm(status.ok, "The delivery, all its attempts, and a sentence about it.", deliveryDetailShape),
    ],
    examples: [{ name: "dead", summary: "One that was given up", ...example }],
  },
  redeliver: {
    id: "redeliver",
    tag: "Deliveries",
    summary: "Deliver again",
    description: "Allowed from every state. The same `webhook-id` goes out, as an attempt of its own.",
    path,
    body: { schema: reasonRequestSchema, mayBeEmpty: true },
    answers: [redeliveredForm],
    refusals: ["endpoint-deleted"],
    examples: [
      {
        name: "now",
        summary: "After the receiver was repaired",
        ...example,
        body: { reason: "The receiver is repaired." },
      },
    ],
  },
} as const satisfies Readonly<Record<string, Operation>>;

export function listDeliveriesOperation({ deliveries }: ListQueries): Operation {
  return {
    id: "listDeliveries",
    tag: "Deliveries",
    summary: "List deliveries",
    description:
      'The newest first. With more than one filter a page may be short, or empty, and have a `nextCursor` all the same. With `Accept: application/x-ndjson` the whole list, one line each; the last line is `{"nextCursor": …}` when it is too long for one answer.',
    query: deliveries,
    headers: ["accept"],
    answers: [listForm("deliveries", deliveryShape)],
    refusals: ["cursor-invalid"],
    examples: [{ name: "dead", summary: "Those that were given up", query: { status: "dead" } }],
  };
}
