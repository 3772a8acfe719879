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
    url: z.string().min(1).max(2_048).optional(),
    endpointId: z.string().min(1).max(100).optional(),
    events: jobEventPatternsSchema.optional(),
    headers: customHeadersSchema.optional(),
    secret: callbackSecretSchema.optional(),
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

export const jobRequestSchema = z.strictObject({
  kind: z.string().min(1).max(100),
  /** Any JSON value; the kind judges it. */
  input: z.unknown().optional(),
  callback: callbackSchema.optional(),
  metadata: metadataSchema.optional(),
  priority: z.int().min(-100).max(100).optional(),
  runAt: instantSchema.optional(),
  runTimeoutMs: z.int().min(1).max(runTimeoutMaxMs).optional(),
  queueTimeoutMs: z.int().min(1).max(queueTimeoutMaxMs).optional(),
  resultTtlMs: z.int().min(resultTtlMinMs).max(resultTtlMaxMs).optional(),
  maxRuns: z.int().min(1).max(maxRunsMax).optional(),
});

export type JobRequest = z.output<typeof jobRequestSchema>;
export type CallbackRequest = z.output<typeof callbackSchema>;
