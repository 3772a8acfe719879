// The query parameters of every list.
import { z } from "zod";
import { attemptCodes, auditActions, deadLetterStates, deliveryStatuses, jobStatuses } from "@ringback/core";
import { instantSchema } from "./fields.ts";

const limitDefault = 50;
const limitDefaultFeed = 100;
export const waitMaxSeconds = 60;

/** Values separated by commas, each of a closed list. */
function listOf<Value extends string>(values: readonly [Value, ...Value[]] | readonly Value[]) {
  const known: ReadonlySet<string> = new Set(values);
  return z
    .string()
    .transform((text) => text.split(","))
    .refine((items): items is Value[] => items.every((item) => known.has(item)), {
      error: `must be one or more of ${values.join(", ")}, separated by commas`,
    });
}

function wholeNumber(min: number, max: number) {
  const error = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,9}$/, error)
    .transform(Number)
    .refine((value) => value >= min && value <= max, { error });
}

/** Another tenant's, for the operator. */
const tenantIdField = z.string().min(1).max(100).optional();

function pageFields(limitMax: number) {
  return {
    cursor: z.string().min(1).max(500).optional(),
    limit: wholeNumber(1, limitMax).default(Math.min(limitDefault, limitMax)),
  };
}

const deliveryFields = {
  status: listOf(deliveryStatuses).optional(),
  endpointId: z.string().max(100).optional(),
  jobId: z.string().max(100).optional(),
  host: z.string().min(1).max(260).toLowerCase().optional(),
  code: z.enum(attemptCodes).optional(),
  httpStatus: wholeNumber(100, 599).optional(),
  after: instantSchema.optional(),
  before: instantSchema.optional(),
  text: z.string().trim().min(1).max(200).optional(),
};

/** What the lists accept; `limitMax` bounds every page. */
export function createListQueries(limitMax: number) {
  return {
    /** `metadata.<name>` parameters are taken out before. */
    jobs: z.strictObject({
      status: listOf(jobStatuses).optional(),
      kind: z.string().min(1).max(100).optional(),
      createdAfter: instantSchema.optional(),
      ...pageFields(limitMax),
    }),
    batch: z.strictObject({ atomic: z.enum(["true", "false"]).default("false") }),
    jobEvents: z.strictObject(pageFields(limitMax)),
    endpoints: z.strictObject(pageFields(limitMax)),
    keys: z.strictObject({ tenantId: tenantIdField, ...pageFields(limitMax) }),
    key: z.strictObject({ tenantId: tenantIdField }),
    tenants: z.strictObject(pageFields(limitMax)),
    audit: z.strictObject({
      tenantId: tenantIdField,
      action: z.enum(auditActions).optional(),
      subject: z.string().max(100).optional(),
      keyId: z.string().max(100).optional(),
      after: instantSchema.optional(),
      before: instantSchema.optional(),
      ...pageFields(limitMax),
    }),
    deliveries: z.strictObject({ ...deliveryFields, ...pageFields(limitMax) }),
    deadLetters: z.strictObject({
      ...deliveryFields,
      state: z.enum(deadLetterStates).optional(),
      ...pageFields(limitMax),
    }),
    deadLetterGroups: z.strictObject({
      host: deliveryFields.host,
      code: deliveryFields.code,
      httpStatus: deliveryFields.httpStatus,
      after: instantSchema.optional(),
      before: instantSchema.optional(),
      limit: pageFields(limitMax).limit,
    }),
    replays: z.strictObject(pageFields(limitMax)),
    feed: z.strictObject({
      after: z.string().min(1).max(500).optional(),
      types: z
        .string()
        .regex(/^[a-z0-9_.*,-]{1,500}$/, "must be event types or patterns, separated by commas")
        .transform((text) => text.split(",").filter((type) => type !== ""))
        .optional(),
      limit: wholeNumber(1, limitMax).default(Math.min(limitDefaultFeed, limitMax)),
      wait: wholeNumber(0, waitMaxSeconds).default(0),
    }),
  };
}

export type ListQueries = ReturnType<typeof createListQueries>;
