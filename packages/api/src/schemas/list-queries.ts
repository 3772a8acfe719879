// The query parameters of every list.
import { z } from "zod";
import { attemptCodes, auditActions, deliveryStatuses, jobStatuses } from "@ringback/core";
import { documentedAs } from "./documented-as.ts";
import { instantSchema } from "./fields.ts";

const limitDefault = 50;
const limitDefaultFeed = 100;
export const waitMaxSeconds = 60;

/** Values separated by commas, each of a closed list. */
function listOf<Value extends string>(values: readonly [Value, ...Value[]] | readonly Value[]) {
  const known: ReadonlySet<string> = new Set(values);
  return documentedAs(
    z
      .string()
      .transform((text) => text.split(","))
      .refine((items): items is Value[] => items.every((item) => known.has(item)), {
        error: `must be one or more of ${values.join(", ")}, separated by commas`,
      }),
    z.array(z.enum(values)),
  );
}

function wholeNumber(min: number, max: number) {
  const error = `must be a whole number from ${min} to ${max}`;
  return documentedAs(
    z
      .string()
      .regex(/^\d{1,9}$/, error)
      .transform(Number)
      .refine((value) => value >= min && value <= max, { error }),
    z.int().min(min).max(max),
  );
}

const tenantIdField = z
  .string()
  .min(1)
  .max(100)
  .describe("Another tenant's; only the operator may ask for one.")
  .optional();

function pageFields(limitMax: number) {
  return {
    cursor: z.string().min(1).max(500).describe("Where the last page ended: its `nextCursor`.").optional(),
    limit: wholeNumber(1, limitMax)
      .default(Math.min(limitDefault, limitMax))
      .describe("The most items a page may have."),
  };
}

/** What the lists accept; `limitMax` bounds every page. */
export function createListQueries(limitMax: number) {
  return {
    ...jobQueries(limitMax),
    ...feedQueries(limitMax),
    ...supportQueries(limitMax),
    ...adminQueries(limitMax),
  };
}

function jobQueries(limitMax: number) {
  return {
    /** `metadata.<name>` parameters are taken out before. */
    jobs: z.strictObject({
      status: listOf(jobStatuses).describe("Only jobs in one of these statuses.").optional(),
      kind: z.string().min(1).max(100).describe("Only jobs of this kind.").optional(),
      createdAfter: instantSchema.describe("Only jobs created at or after this instant.").optional(),
      ...pageFields(limitMax),
    }),
    batch: z.strictObject({
      atomic: z
        .enum(["true", "false"])
        .default("false")
        .describe("With `true` all jobs are accepted or none is."),
    }),
    jobEvents: z.strictObject(pageFields(limitMax)),
  };
}

function feedQueries(limitMax: number) {
  return {
    feed: z.strictObject({
      after: z
        .string()
        .min(1)
        .max(500)
        .describe("The `cursor` of the last answer; without it the feed begins at the oldest event.")
        .optional(),
      types: documentedAs(
        z
          .string()
          .regex(/^[a-z0-9_.*,-]{1,500}$/, "must be event types or patterns, separated by commas")
          .transform((text) => text.split(",").filter((type) => type !== "")),
        z.array(z.string().regex(/^[a-z0-9_.*-]+$/)),
      )
        .describe("Only events of these types, or patterns of them, such as `job.*`.")
        .optional(),
      undelivered: z
        .enum(["true", "false"])
        .default("false")
        .describe(
          "With `true` only events that no receiver has taken, also those that are about to be sent.",
        ),
      limit: wholeNumber(1, limitMax)
        .default(Math.min(limitDefaultFeed, limitMax))
        .describe("The most events an answer may have."),
      wait: wholeNumber(0, waitMaxSeconds)
        .default(0)
        .describe("Seconds to wait for an event when there is none yet."),
    }),
  };
}

function supportQueries(limitMax: number) {
  return {
    endpoints: z.strictObject(pageFields(limitMax)),
    deliveries: z.strictObject({
      status: listOf(deliveryStatuses).describe("Only those in one of these statuses.").optional(),
      endpointId: z.string().max(100).describe("Only those owed to this endpoint.").optional(),
      jobId: z.string().max(100).describe("Only those of this job.").optional(),
      host: z.string().min(1).max(260).toLowerCase().describe("Only those to this host.").optional(),
      code: z.enum(attemptCodes).describe("Only those whose last attempt ended with this code.").optional(),
      httpStatus: wholeNumber(100, 599).describe("Only those last answered with this status.").optional(),
      after: instantSchema
        .describe("Only those created (dead letters: died) at or after this instant.")
        .optional(),
      before: instantSchema
        .describe("Only those created (dead letters: died) before this instant.")
        .optional(),
      ...pageFields(limitMax),
    }),
  };
}

function adminQueries(limitMax: number) {
  return {
    keys: z.strictObject({ tenantId: tenantIdField, ...pageFields(limitMax) }),
    key: z.strictObject({ tenantId: tenantIdField }),
    tenants: z.strictObject(pageFields(limitMax)),
    audit: z.strictObject({
      tenantId: tenantIdField,
      action: z.enum(auditActions).describe("Only entries of this action.").optional(),
      subject: z.string().max(100).describe("Only what was done to the thing of this id.").optional(),
      keyId: z.string().max(100).describe("Only what was done with this key.").optional(),
      after: instantSchema.describe("Only what was done at or after this instant.").optional(),
      before: instantSchema.describe("Only what was done before this instant.").optional(),
      ...pageFields(limitMax),
    }),
  };
}

export type ListQueries = ReturnType<typeof createListQueries>;
