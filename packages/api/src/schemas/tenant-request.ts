// The bodies of `POST /v1/tenants` and `PATCH /v1/tenants/{id}`.
import { z } from "zod";
import { isTenantId } from "@ringback/core";
import { documentedAs } from "./documented-as.ts";
import { reasonField } from "./reason-request.ts";

function limit(min: number, max: number, about: string) {
  return z.int().min(min).max(max).nullable().describe(about).optional();
}

const limitsSchema = z
  .strictObject({
    unfinishedMax: limit(0, 100_000_000, "Queued and running jobs."),
    runningMax: limit(0, 1_000_000, "Runs at once."),
    requestsPerMinute: limit(1, 100_000_000, "Requests of one key in a minute, in one process."),
  })
  .describe("Null is the installation's default.");

const nameSchema = z.string().min(1).max(200).nullable().describe("For people; null for none.").optional();

const tenantIdRule = "1 to 63 small letters, digits, - or _, beginning with a letter or digit";

export const tenantRequestSchema = z
  .strictObject({
    id: documentedAs(
      z.string().refine(isTenantId, { error: `must be ${tenantIdRule}` }),
      z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/),
    ).describe(`Chosen once: ${tenantIdRule}.`),
    name: nameSchema,
    limits: limitsSchema.optional(),
  })
  .meta({ id: "TenantRequest" });

/** What is left out stays as it is. */
export const tenantChangeSchema = z
  .strictObject({ name: nameSchema, limits: limitsSchema.optional(), reason: reasonField })
  .meta({ id: "TenantChange" });
