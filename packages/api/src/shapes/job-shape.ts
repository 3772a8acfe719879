// A job as every answer and every event shows it. What spells it is core's jobToJson.
import { z } from "zod";
import { jobStatuses, type JobErrorCode } from "@ringback/core";
import { countShape, idShape, instantShape, jobIdShape, metadataShape, wordShape } from "./fields.ts";

const errorShape = z.strictObject({
  code: wordShape<JobErrorCode>({
    handler_error: true,
    run_timeout: true,
    out_of_memory: true,
    queue_timeout: true,
    runs_exhausted: true,
    result_too_large: true,
    result_not_serialisable: true,
    unknown_kind: true,
    input_invalid: true,
    blocked_address: true,
    upstream_failed: true,
  }),
  message: z.string(),
  run: countShape.describe("The run that ended it; 0 when none had begun."),
});

const callbackShape = z.strictObject({
  url: z.string().describe("Without its query.").optional(),
  endpointId: idShape("ep").optional(),
  deliveries: z
    .strictObject({ pending: countShape, delivered: countShape, dead: countShape, canceled: countShape })
    .describe("How many deliveries of its events stand where."),
});

export const jobShape = z
  .strictObject({
    id: jobIdShape,
    kind: z.string(),
    status: z
      .enum(jobStatuses)
      .describe(
        "Later versions may add one: a status you do not know with `done: false` means keep waiting.",
      ),
    done: z.boolean().describe("True when nothing about the outcome can change any more."),
    progress: z
      .strictObject({ percent: z.number().min(0).max(100), message: z.string().optional() })
      .optional(),
    position: countShape
      .min(1)
      .describe("Its place among your waiting jobs, when that is known; 1 is next.")
      .optional(),
    estimatedSeconds: countShape
      .min(1)
      .describe("Likely seconds until its end, when that is known.")
      .optional(),
    input: z
      .unknown()
      .describe("As it was sent, byte for byte; null without one. Lists leave out what is longer than 20 kB.")
      .optional(),
    result: z.unknown().describe("A JSON result, exactly as the handler gave it.").optional(),
    resultUrl: z.string().describe("Where the result is when it does not stand here.").optional(),
    error: errorShape.describe("Why it failed.").optional(),
    runs: countShape.describe("Runs begun so far."),
    metadata: metadataShape,
    callback: callbackShape.optional(),
    createdAt: instantShape,
    runAt: instantShape.describe("It does not run before.").optional(),
    startedAt: instantShape.optional(),
    finishedAt: instantShape.optional(),
    expiresAt: instantShape
      .describe("When input and result are erased; from then on its paths answer 410.")
      .optional(),
    cancelRequestedAt: instantShape.optional(),
    version: z.int().min(1).describe("Grows with every change; the ETag is made of it."),
    links: z.strictObject({ self: z.string(), status: z.string(), result: z.string(), events: z.string() }),
  })
  .meta({ id: "Job" });
