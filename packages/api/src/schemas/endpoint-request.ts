// The body of `POST /v1/endpoints`, and of `PATCH` (JSON merge patch, RFC 7396) once it has been merged.
import { z } from "zod";
import {
  attemptTimeoutMaxMs,
  attemptTimeoutMinMs,
  defaultRetryPolicy,
  delayMaxMs,
  maxInFlightMax,
  ratePerSecondMax,
  signatureForms,
  type RetryPolicy,
} from "@ringback/core";
import { customHeadersSchema, eventPatternsSchema, metadataSchema } from "./fields.ts";

const standard = defaultRetryPolicy as Exclude<RetryPolicy, readonly number[]>;
const delaySchema = z.int().min(0).max(delayMaxMs);

/** What an exponential policy leaves out is taken from the default one. */
const exponentialSchema = z
  .strictObject({
    baseMs: z.int().min(1).max(delayMaxMs).optional(),
    factor: z.number().min(1).max(100).optional(),
    capMs: z.int().min(1).max(delayMaxMs).optional(),
    maxAttempts: z.int().min(1).max(100).optional(),
  })
  .transform(({ baseMs, factor, capMs, maxAttempts }): RetryPolicy => ({
    baseMs: baseMs ?? standard.baseMs,
    factor: factor ?? standard.factor,
    capMs: capMs ?? standard.capMs,
    maxAttempts: maxAttempts ?? standard.maxAttempts,
  }));

/** One delay in milliseconds per retry; an empty list means a single attempt. */
const delayListSchema = z.array(delaySchema).max(100);

/** Judged as what it looks like, so that what is wrong is named where it stands; a union could only say "neither". */
const retrySchema = z.unknown().transform((value, context): RetryPolicy => {
  if (typeof value !== "object" || value === null) {
    context.addIssue(
      "must be a list of delays in milliseconds, or an object of baseMs, factor, capMs and maxAttempts",
    );
    return z.NEVER;
  }
  const checked = (Array.isArray(value) ? delayListSchema : exponentialSchema).safeParse(value);
  if (checked.success) return checked.data;
  for (const { path, message, ...issue } of checked.error.issues) {
    context.addIssue(
      issue.code === "unrecognized_keys"
        ? { code: issue.code, keys: issue.keys, path }
        : { code: "custom", message, path },
    );
  }
  return z.NEVER;
});

export const endpointRequestSchema = z.strictObject({
  url: z.string().min(1).max(2_048),
  /** None: the endpoint hears only the callbacks that name it. */
  events: eventPatternsSchema.optional(),
  description: z.string().max(500).optional(),
  headers: customHeadersSchema.optional(),
  retry: retrySchema.optional(),
  timeoutMs: z.int().min(attemptTimeoutMinMs).max(attemptTimeoutMaxMs).optional(),
  maxInFlight: z.int().min(1).max(maxInFlightMax).optional(),
  ratePerSecond: z.int().min(1).max(ratePerSecondMax).optional(),
  ordered: z.boolean().optional(),
  signature: z.enum(signatureForms).optional(),
  metadata: metadataSchema.optional(),
});

export type EndpointRequest = z.output<typeof endpointRequestSchema>;
