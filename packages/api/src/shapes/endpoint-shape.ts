// A registered endpoint as answers show it: its URL without the query, its headers by name, its secret once.
import { z } from "zod";
import type { EndpointStatus, PauseReason } from "@ringback/core";
import { countShape, idShape, instantShape, metadataShape, wordShape } from "./fields.ts";

const retryShape = z.union([
  z.array(countShape).describe("Delays in milliseconds."),
  z.strictObject({ baseMs: countShape, factor: z.number(), capMs: countShape, maxAttempts: countShape }),
]);

export const endpointShape = z
  .strictObject({
    id: idShape("ep"),
    url: z.string().describe("Without its query."),
    events: z.array(z.string()),
    description: z.string().optional(),
    headerNames: z.array(z.string()),
    retry: retryShape.describe("The policy in force."),
    timeoutMs: countShape,
    status: wordShape<EndpointStatus>({ active: true, paused: true }).describe(
      "Paused, it holds what it is owed and drops none.",
    ),
    pausedReason: wordShape<PauseReason>({ operator: true, gone: true })
      .describe("`gone`: it answered 410.")
      .optional(),
    metadata: metadataShape,
    createdAt: instantShape,
    updatedAt: instantShape,
    links: z.strictObject({ self: z.string(), pause: z.string(), resume: z.string() }),
  })
  .meta({ id: "Endpoint" });

export const newEndpointShape = endpointShape
  .extend({ secret: z.string().describe("Signs its webhooks. Shown here and never again.") })
  .meta({ id: "NewEndpoint" });
