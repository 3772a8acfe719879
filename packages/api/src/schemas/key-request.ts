// The body of `POST /v1/keys`.
import { z } from "zod";
import { scopes } from "@ringback/core";
import { instantSchema } from "./fields.ts";

export const keyRequestSchema = z.strictObject({
  scopes: z
    .array(z.enum(scopes))
    .min(1, "must name at least one scope")
    .max(scopes.length)
    .refine((given) => new Set(given).size === given.length, { error: "names a scope twice" }),
  description: z.string().max(200).optional(),
  expiresAt: instantSchema.optional(),
  /** Another tenant's, for the operator. */
  tenantId: z.string().min(1).max(100).optional(),
});
