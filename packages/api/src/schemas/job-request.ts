// The body of `POST /v1/jobs`.
import { z } from "zod";
import {
  maxRunsMax,
  queueTimeoutMaxMs,
  resultTtlMaxMs,
  resultTtlMinMs,
  runTimeoutMaxMs,
} from "@ringback/core";
import { parseSecret } from "@ringback/signature";
import { customHeadersSchema, instantSchema, jobEventPatternsSchema, metadataSchema } from "./fields.ts";

const callbackSecretSchema = z.string().superRefine((text, context) => {
  const check = parseSecret(text);
  if (!check.ok) context.addIssue({ code: "custom", message: `is no secret: ${check.detail}` });
  else if (check.kind !== "whsec") context.addIssue({ code: "custom", message: "must be a whsec_ secret" });
});

/** Either a URL with what belongs to it, or a registered endpoint. */
export const callbackSchema = z
  .strictObject({
    url: z
      .string()
      .min(1)
      .max(2_048)
      .describe("Where to call: https, and an address that may be called.")
      .optional(),
    endpointId: z.string().min(1).max(100).describe("A registered endpoint, instead of `url`.").optional(),
    events: jobEventPatternsSchema
      .describe("What to tell; without it how the job ended: `job.succeeded`, `job.failed`, `job.canceled`.")
      .optional(),
    headers: customHeadersSchema
      .describe("Extra request headers, with `url` only. No answer repeats them.")
      .optional(),
    secret: callbackSecretSchema
      .describe(
        "`whsec_` and 24 to 64 bytes in base64, with `url` only; without it the tenant's callback secret signs.",
      )
      .optional(),
  })
  .superRefine(({ url, endpointId, headers, secret }, context) => {
    const add = (path: string[], message: string): void =>
      context.addIssue({ code: "custom", path, message });
    if (url === undefined && endpointId === undefined) add([], "must have a url or an endpointId");
    if (url !== undefined && endpointId !== undefined) add(["endpointId"], "cannot stand beside url");
    if (endpointId !== undefined && headers !== undefined)
      add(["headers"], "belong to the endpoint, not to a callback that names one");
    if (endpointId !== undefined && secret !== undefined)
      add(["secret"], "belongs to the endpoint, not to a callback that names one");
  });

export const jobRequestSchema = z
  .strictObject({
    kind: z
      .string()
      .min(1)
      .max(100)
      .describe("What sort of work it is; the kinds are those of the loaded handlers."),
    input: z.unknown().describe("Any JSON value, kept byte for byte; the kind judges it.").optional(),
    callback: callbackSchema.describe("Whom to tell: a `url`, or an `endpointId`.").optional(),
    metadata: metadataSchema.describe("Your own labels; jobs can be listed by them.").optional(),
    priority: z.int().min(-100).max(100).describe("The greater runs first; 0 without it.").optional(),
    runAt: instantSchema.describe("Not before this instant.").optional(),
    runTimeoutMs: z
      .int()
      .min(1)
      .max(runTimeoutMaxMs)
      .describe("Milliseconds one run may take; the kind's own without it.")
      .optional(),
    queueTimeoutMs: z
      .int()
      .min(1)
      .max(queueTimeoutMaxMs)
      .describe(
        "Milliseconds it may wait for its first run before it fails; without it, as long as it takes.",
      )
      .optional(),
    resultTtlMs: z
      .int()
      .min(resultTtlMinMs)
      .max(resultTtlMaxMs)
      .describe("Milliseconds that input and result are kept after its end; a day without it.")
      .optional(),
    maxRuns: z
      .int()
      .min(1)
      .max(maxRunsMax)
      .describe("How often it may be run; the kind's own without it.")
      .optional(),
  })
  .meta({ id: "JobRequest" });

export type JobRequest = z.output<typeof jobRequestSchema>;
export type CallbackRequest = z.output<typeof callbackSchema>;
