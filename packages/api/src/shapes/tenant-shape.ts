// A tenant as answers show it: the limits in force, and which of them are its own.
import { z } from "zod";
import { limitNames } from "@ringback/core";
import { countShape, instantShape } from "./fields.ts";

export const tenantShape = z
  .strictObject({
    id: z.string(),
    name: z.string().optional(),
    limits: z
      .strictObject({
        unfinishedMax: countShape.describe("Queued and running jobs."),
        runningMax: z.union([countShape, z.null()]).describe("Runs at once; null for no limit."),
        requestsPerMinute: countShape.describe("Requests of one key in a minute, in one process."),
      })
      .describe("Those in force."),
    ownLimits: z
      .array(z.enum(limitNames))
      .describe("Which of them are the tenant's own; the others are the installation's."),
    createdAt: instantShape,
    updatedAt: instantShape,
    links: z.strictObject({ self: z.string() }),
  })
  .meta({ id: "Tenant" });

export const newTenantShape = tenantShape
  .extend({ callbackSecret: z.string().describe("Signs its jobs' callbacks, and its feed.") })
  .meta({ id: "NewTenant" });
