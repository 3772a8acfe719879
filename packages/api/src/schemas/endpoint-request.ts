// The body of `POST /v1/endpoints`.
import { z } from "zod";
import {
  attemptTimeoutMaxMs,
  attemptTimeoutMinMs,
  defaultRetryPolicy,
  delayMaxMs,
  type RetryPolicy,
} from "@ringback/core";
import { documentedAs } from "./documented-as.ts";
import { customHeadersSchema, eventPatternsSchema, metadataSchema } from "./fields.ts";

const standard = defaultRetryPolicy as Exclude<RetryPolicy, readonly number[]>;
const delaySchema = z.int().min(0).max(delayMaxMs);

/** What an exponential policy leaves out is taken from the default one. */
const exponentialSchema = z
  .strictObject({
    baseMs: z.int().min(1).max(delayMaxMs).describe("Milliseconds before the second attempt.").optional(),
    factor: z.number().min(1).max(100).describe("How much longer each wait is than the last.").optional(),
    capMs: z.int().min(1).max(delayMaxMs).describe("The longest wait, in milliseconds.").optional(),
    maxAttempts: z.int().min(1).max(100).describe("After so many it is a dead letter.").optional(),
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
const retrySchema = documentedAs(
  z.unknown().transform(retryPolicyOf),
  z.union([delayListSchema, exponentialSchema]),
);

function retryPolicyOf(value: unknown, context: z.RefinementCtx): RetryPolicy {
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
}

export const endpointRequestSchema = z
  .strictObject({
    url: z
      .string()
      .min(1)
      .max(2_048)
      .describe("Where webhooks go: https, and an address that may be called."),
    events: eventPatternsSchema
      .describe("Event types or patterns it wants; none: only callbacks that name it.")
      .optional(),
    description: z.string().max(500).describe("For people.").optional(),
    headers: customHeadersSchema.describe("Extra request headers. Answers show their names only.").optional(),
    retry: retrySchema
      .describe(
        "When to try again: delays in milliseconds, or an exponential policy; what it leaves out is the default.",
      )
      .optional(),
    timeoutMs: z
      .int()
      .min(attemptTimeoutMinMs)
      .max(attemptTimeoutMaxMs)
      .describe("Milliseconds until the answer's headers must be complete.")
      .optional(),
    metadata: metadataSchema.describe("Your own labels.").optional(),
  })
  .meta({ id: "EndpointRequest" });
