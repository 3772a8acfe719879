// What the document says of the tenant's callback secret.
import { status } from "../answers/status.ts";
import { jsonForm, type Operation } from "../openapi/operation.ts";
import { rotateRequestSchema } from "../schemas/rotate-request.ts";
import { callbackSecretShape } from "../shapes/callback-secret-shape.ts";

const tag = "Callback secret";
const shown = { always: ["cache-control"] } as const;

export const callbackSecretOperations = {
  get: {
    id: "getCallbackSecret",
    tag,
    summary: "Read the callback secret",
    answers: [jsonForm(status.ok, "The newest secret.", callbackSecretShape, shown)],
    examples: [{ name: "one", summary: "The secret in force" }],
  },
  rotate: {
    id: "rotateCallbackSecret",
    tag,
    summary: "Rotate the callback secret",
    description: "Old and new both sign until the overlap ends; 24 hours with an empty body, at most 7 days.",
    body: { schema: rotateRequestSchema, mayBeEmpty: true },
    answers: [jsonForm(status.ok, "The new secret.", callbackSecretShape, shown)],
    examples: [
      { name: "oneHour", summary: "An hour for receivers to learn it", body: { overlapMs: 3_600_000 } },
    ],
  },
} as const satisfies Readonly<Record<string, Operation>>;
