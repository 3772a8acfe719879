// The body of `POST /v1/keys`.
import { z } from "zod";
import { scopes } from "@ringback/core";
import { instantSchema } from "./fields.ts";

export const keyRequestSchema = z
  .strictObject({
    scopes: z
      .array(z.enum(scopes))
      .min(1, "must name at least one scope")
      .max(scopes.length)
      .refine((given) => new Set(given).size === given.length, { error: "names a scope twice" })
      .describe("What it may do; `admin` may do everything. Each once."),
    description: z.string().max(200).optional(),
    expiresAt: instantSchema.describe("From then on it is not valid; in the future.").optional(),
    tenantId: z
      .string()
      .min(1)
      .max(100)
      .describe("Another tenant's; only the operator may name one.")
      .optional(),
  })
  .meta({ id: "KeyRequest" });
