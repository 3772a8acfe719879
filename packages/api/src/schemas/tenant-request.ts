// The bodies of `POST /v1/tenants` and `PATCH /v1/tenants/{id}`.
import { z } from "zod";
import { isTenantId } from "@ringback/core";
import { reasonField } from "./reason-request.ts";

/** Null is the installation's default. */
const limitsSchema = z.strictObject({
  unfinishedMax: z.int().min(0).max(100_000_000).nullable().optional(),
  runningMax: z.int().min(0).max(1_000_000).nullable().optional(),
  requestsPerMinute: z.int().min(1).max(100_000_000).nullable().optional(),
});

const nameSchema = z.string().min(1).max(200).nullable().optional();

export const tenantRequestSchema = z.strictObject({
  id: z.string().refine(isTenantId, {
    error: "must be 1 to 63 small letters, digits, - or _, beginning with a letter or digit",
  }),
  name: nameSchema,
  limits: limitsSchema.optional(),
});

/** What is left out stays as it is. */
export const tenantChangeSchema = z.strictObject({
  name: nameSchema,
  limits: limitsSchema.optional(),
  reason: reasonField,
});
