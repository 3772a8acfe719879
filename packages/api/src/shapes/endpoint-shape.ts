// A registered endpoint as answers show it: its URL without the query, its headers by name, its secret once.
import { z } from "zod";
import type { EndpointStatus, PauseReason, SignatureForm } from "@ringback/core";
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
    maxInFlight: countShape.optional(),
    ratePerSecond: countShape.optional(),
    ordered: z.boolean(),
    signature: wordShape<SignatureForm>({
      standard: true,
      "standard-ed25519": true,
      github: true,
      stripe: true,
    }),
    publicKeys: z
      .array(z.string())
      .describe("With `standard-ed25519`: what verifies its webhooks, `whpk_…`, the newest first.")
      .optional(),
    status: wordShape<EndpointStatus>({ active: true, paused: true }).describe(
      "Paused, it holds what it is owed and drops none.",
    ),
    pausedReason: wordShape<PauseReason>({ operator: true, gone: true, failing: true })
      .describe("`gone`: it answered 410. `failing`: for five days no attempt succeeded.")
      .optional(),
    metadata: metadataShape,
    createdAt: instantShape,
    updatedAt: instantShape,
    links: z.strictObject({
      self: z.string(),
      pause: z.string(),
      resume: z.string(),
      test: z.string(),
      rotateSecret: z.string(),
    }),
  })
  .meta({ id: "Endpoint" });

export const newEndpointShape = endpointShape
  .extend({
    secret: z
      .string()
      .describe("Signs its webhooks. Shown here and never again; a pair's secret is not shown at all.")
      .optional(),
  })
  .meta({ id: "NewEndpoint" });

export const publicKeysShape = z
  .strictObject({
    data: z.array(
      z.strictObject({
        publicKey: z.string(),
        createdAt: instantShape,
        expiresAt: instantShape.describe("When the overlap of a rotated one ends.").optional(),
      }),
    ),
  })
  .meta({ id: "PublicKeys" });

export const deletedEndpointShape = z
  .strictObject({
    id: idShape("ep"),
    deleted: z.boolean(),
    deliveries: z.strictObject({
      canceled: countShape.describe("Pending ones."),
      inFlight: countShape.describe("Each ends with its attempt, or is canceled if that has not begun."),
    }),
  })
  .meta({ id: "DeletedEndpoint" });
