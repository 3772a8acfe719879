// What the document says of API keys.
import { status } from "../answers/status.ts";
import { exampleIds } from "../openapi/example-ids.ts";
import { jsonForm, type Operation } from "../openapi/operation.ts";
import { keyRequestSchema } from "../schemas/key-request.ts";
import type { ListQueries } from "../schemas/list-queries.ts";
import { reasonRequestSchema } from "../schemas/reason-request.ts";
import { keyShape, newKeyShape } from "../shapes/key-shape.ts";
import { pageShape } from "../shapes/page-shape.ts";

const tag = "Keys";
const path = { id: "The key's id, which is no secret." };
const query = { tenantId: exampleIds.tenant };
const example = { path: { id: exampleIds.key }, query };

export const createKeyOperation: Operation = {
  id: "createKey",
  tag,
  summary: "Make a key",
  description:
    "The only answer that shows it. To rotate a key, make a second one, change over, and revoke the first.",
  body: { schema: keyRequestSchema },
  answers: [jsonForm(status.created, "The key.", newKeyShape, { always: ["location", "cache-control"] })],
  examples: [
    {
      name: "program",
      summary: "For a program that submits jobs and reads them",
      body: { scopes: ["jobs"], description: "The shop's checkout", tenantId: exampleIds.tenant },
    },
    {
      name: "noTenant",
      summary: "For a tenant that there is not",
      body: { scopes: ["jobs"], tenantId: "nobody" },
    },
  ],
};

export function keyOperations({ keys, key }: ListQueries) {
  return {
    list: {
      id: "listKeys",
      tag,
      summary: "List keys",
      description: "The newest first, revoked ones as well.",
      query: keys,
      answers: [jsonForm(status.ok, "A page of keys.", pageShape(keyShape), { sometimes: ["link"] })],
      refusals: ["cursor-invalid", "not-found"],
      examples: [{ name: "ofTenant", summary: "A tenant's", query }],
    },
    get: {
      id: "getKey",
      tag,
      summary: "Read a key",
      path,
      query: key,
      answers: [jsonForm(status.ok, "The key, without its text.", keyShape)],
      examples: [{ name: "one", summary: "A tenant's key", ...example }],
    },
    revoke: {
      id: "revokeKey",
      tag,
      summary: "Revoke a key",
      description:
        "It ends within two seconds everywhere, and for good. Revoking what is revoked changes nothing.",
      path,
      query: key,
      body: { schema: reasonRequestSchema, mayBeEmpty: true },
      answers: [jsonForm(status.ok, "The key, revoked.", keyShape)],
      examples: [
        {
          name: "leaked",
          summary: "A key that was found in a log",
          ...example,
          body: { reason: "It stood in a log." },
        },
      ],
    },
  } as const satisfies Readonly<Record<string, Operation>>;
}
