// What the document says of registered endpoints.
import { status } from "../answers/status.ts";
import { exampleIds } from "../openapi/example-ids.ts";
import { jsonForm, type Operation } from "../openapi/operation.ts";
import { endpointRequestSchema } from "../schemas/endpoint-request.ts";
import type { ListQueries } from "../schemas/list-queries.ts";
import { reasonRequestSchema } from "../schemas/reason-request.ts";
import { endpointShape, newEndpointShape } from "../shapes/endpoint-shape.ts";
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
