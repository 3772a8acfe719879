// What the document says of deliveries and dead letters.
import { status } from "../answers/status.ts";
import { exampleIds } from "../openapi/example-ids.ts";
import { jsonForm, type Operation } from "../openapi/operation.ts";
import type { ListQueries } from "../schemas/list-queries.ts";
import { reasonRequestSchema } from "../schemas/reason-request.ts";
import {
  deadLetterDetailShape,
  deadLetterShape,
  deliveryDetailShape,
  deliveryShape,
} from "../shapes/delivery-shape.ts";
import { pageShape } from "../shapes/page-shape.ts";

const path = { id: "The delivery's id." };
const example = { path: { id: exampleIds.delivery } };
const again = jsonForm(status.accepted, "It is due now.", deliveryShape, { always: ["location"] });

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
    answers: [again],
    examples: [
      {
        name: "now",
        summary: "After the receiver was repaired",
        ...example,
        body: { reason: "The receiver is repaired." },
      },
    ],
  },
  getDead: {
    id: "getDeadLetter",
    tag: "Dead letters",
    summary: "Read a dead letter with its attempts",
    path: { id: "The id of the delivery that died." },
    answers: [jsonForm(status.ok, "The dead letter.", deadLetterDetailShape)],
    examples: [{ name: "one", summary: "A receiver that was broken", ...example }],
  },
  redeliverDead: {
    id: "redeliverDeadLetter",
    tag: "Dead letters",
    summary: "Deliver a dead letter again",
    description: "It is resolved only when that was delivered.",
    path: { id: "The id of the delivery that died." },
    body: { schema: reasonRequestSchema, mayBeEmpty: true },
    answers: [again],
    examples: [{ name: "now", summary: "After the receiver was repaired", ...example }],
  },
} as const satisfies Readonly<Record<string, Operation>>;

export function listDeliveriesOperation({ deliveries }: ListQueries): Operation {
  return {
    id: "listDeliveries",
    tag: "Deliveries",
    summary: "List deliveries",
    description: "The newest first.",
    query: deliveries,
    answers: [
      jsonForm(status.ok, "A page of deliveries.", pageShape(deliveryShape), { sometimes: ["link"] }),
    ],
    refusals: ["cursor-invalid"],
    examples: [{ name: "dead", summary: "Those that were given up", query: { status: "dead" } }],
  };
}

export function listDeadLettersOperation({ deliveries }: ListQueries): Operation {
  return {
    id: "listDeadLetters",
    tag: "Dead letters",
    summary: "List dead letters",
    description: "Those not resolved, the last to die first.",
    query: deliveries,
    answers: [
      jsonForm(status.ok, "A page of dead letters.", pageShape(deadLetterShape), { sometimes: ["link"] }),
    ],
    refusals: ["cursor-invalid"],
    examples: [{ name: "all", summary: "The first page" }],
  };
}
