// What the document says of registered endpoints.
import { status } from "../answers/status.ts";
import { exampleIds } from "../openapi/example-ids.ts";
import { jsonForm, type Operation } from "../openapi/operation.ts";
import { endpointPatchSchema, endpointRequestSchema } from "../schemas/endpoint-request.ts";
import type { ListQueries } from "../schemas/list-queries.ts";
import { reasonRequestSchema } from "../schemas/reason-request.ts";
import { rotateRequestSchema } from "../schemas/rotate-request.ts";
import { deliveryDetailShape } from "../shapes/delivery-shape.ts";
import {
  deletedEndpointShape,
  endpointShape,
  newEndpointShape,
  publicKeysShape,
} from "../shapes/endpoint-shape.ts";
import { pageShape } from "../shapes/page-shape.ts";

const tag = "Endpoints";
const path = { id: "The endpoint's id." };
const example = { path: { id: exampleIds.endpoint } };

export const endpointOperations = {
  create: {
    id: "createEndpoint",
    tag,
    summary: "Register an endpoint",
    description: "The only answer that shows its secret.",
    body: { schema: endpointRequestSchema },
    answers: [
      jsonForm(status.created, "The endpoint, with its secret.", newEndpointShape, {
        always: ["location", "cache-control"],
      }),
    ],
    refusals: ["callback-url-rejected"],
    examples: [
      {
        name: "allJobs",
        summary: "Everything about jobs, tried again twice",
        body: { url: "https://receiver.example/in", events: ["job.*"], retry: [5_000, 60_000] },
      },
      {
        name: "refused",
        summary: "An address that may not be called",
        body: { url: "https://192.168.0.1/in", events: ["job.*"] },
      },
    ],
  },
  get: {
    id: "getEndpoint",
    tag,
    summary: "Read an endpoint",
    path,
    answers: [jsonForm(status.ok, "The endpoint.", endpointShape)],
    examples: [{ name: "one", summary: "An endpoint", ...example }],
  },
  pause: {
    id: "pauseEndpoint",
    tag,
    summary: "Pause an endpoint",
    description: "It holds what it is owed and drops none. Pausing what is paused changes nothing.",
    path,
    body: { schema: reasonRequestSchema, mayBeEmpty: true },
    answers: [jsonForm(status.ok, "The endpoint, paused.", endpointShape)],
    examples: [
      { name: "one", summary: "Before maintenance", ...example, body: { reason: "Maintenance until noon." } },
    ],
  },
  resume: {
    id: "resumeEndpoint",
    tag,
    summary: "Resume an endpoint",
    description: "What it was owed meanwhile is sent.",
    path,
    body: { schema: reasonRequestSchema, mayBeEmpty: true },
    answers: [jsonForm(status.ok, "The endpoint, active.", endpointShape)],
    examples: [{ name: "one", summary: "After maintenance", ...example }],
  },
  change: {
    id: "changeEndpoint",
    tag,
    summary: "Change an endpoint",
    description:
      "A JSON merge patch (RFC 7396), sent as application/merge-patch+json or application/json. The next attempt goes by it. " +
      "From or to standard-ed25519 there is a new secret, without an overlap.",
    path,
    body: { schema: endpointPatchSchema, mayBeMergePatch: true },
    answers: [
      jsonForm(status.ok, "The endpoint, with its secret if that is new.", newEndpointShape, {
        sometimes: ["cache-control"],
      }),
    ],
    refusals: ["callback-url-rejected", "endpoint-changing"],
    examples: [
      { name: "slower", summary: "Fewer at once", ...example, body: { maxInFlight: 2, timeoutMs: null } },
    ],
  },
  delete: {
    id: "deleteEndpoint",
    tag,
    summary: "Delete an endpoint",
    description: "What it is owed and is not in flight is canceled, and the answer says how much that was.",
    path,
    body: { schema: reasonRequestSchema, mayBeEmpty: true },
    answers: [jsonForm(status.ok, "What became of what it was owed.", deletedEndpointShape)],
    examples: [{ name: "one", summary: "An endpoint that has moved away", ...example }],
  },
  rotate: {
    id: "rotateEndpointSecret",
    tag,
    summary: "Rotate an endpoint's secret",
    description:
      "Old and new both sign until the overlap ends; 24 hours with an empty body. The form github has room for one signature: the new one's.",
    path,
    body: { schema: rotateRequestSchema, mayBeEmpty: true },
    answers: [
      jsonForm(status.ok, "The endpoint, with its new secret or public key.", newEndpointShape, {
        always: ["cache-control"],
      }),
    ],
    examples: [
      { name: "oneHour", summary: "An hour of overlap", ...example, body: { overlapMs: 3_600_000 } },
    ],
  },
  publicKeys: {
    id: "listEndpointPublicKeys",
    tag,
    summary: "List an endpoint's public keys",
    description: "What verifies its webhooks if its signature is standard-ed25519; otherwise there are none.",
    path,
    answers: [jsonForm(status.ok, "The keys that are in force, the newest first.", publicKeysShape)],
    examples: [{ name: "one", summary: "The keys in force", ...example }],
  },
  test: {
    id: "testEndpoint",
    tag,
    summary: "Try an endpoint out",
    description:
      "A real endpoint.test is signed and sent now, also while the endpoint is paused, and the answer reports the attempt. It is not tried again.",
    path,
    body: { schema: reasonRequestSchema, mayBeEmpty: true },
    answers: [
      jsonForm(status.ok, "The delivery, with its attempt.", deliveryDetailShape, { always: ["location"] }),
      jsonForm(
        status.accepted,
        "Nobody has made the attempt in time; it is still owed.",
        deliveryDetailShape,
        {
          always: ["location"],
        },
      ),
    ],
    examples: [{ name: "one", summary: "Does it answer?", ...example }],
  },
} as const satisfies Readonly<Record<string, Operation>>;

export function listEndpointsOperation({ endpoints }: ListQueries): Operation {
  return {
    id: "listEndpoints",
    tag,
    summary: "List endpoints",
    description: "The newest first.",
    query: endpoints,
    answers: [jsonForm(status.ok, "A page of endpoints.", pageShape(endpointShape), { sometimes: ["link"] })],
    refusals: ["cursor-invalid"],
    examples: [{ name: "all", summary: "The first page" }],
  };
}
