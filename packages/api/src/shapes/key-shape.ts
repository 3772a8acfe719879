// An API key as answers show it: by what it can be recognized by, and its text once.
import { z } from "zod";
import { scopes } from "@ringback/core";
import { idShape, instantShape } from "./fields.ts";

export const keyShape = z
  .strictObject({
    id: idShape("key"),
    tenantId: z.string(),
    prefix: z
      .string()
      .regex(/^rb_live_\w+$/)
      .describe("What a key found somewhere can be recognized by."),
    scopes: z.array(z.enum(scopes)),
    description: z.string().optional(),
    status: z.enum(["active", "expired", "revoked"]),
    createdAt: instantShape,
    expiresAt: instantShape.optional(),
    revokedAt: instantShape.optional(),
    lastUsedAt: instantShape.describe("About when; absent when it was never used.").optional(),
    links: z.strictObject({ self: z.string(), revoke: z.string() }),
  })
  .meta({ id: "Key" });

export const newKeyShape = keyShape
  .extend({ key: z.string().describe("The key itself. Shown here and never again.") })
  .meta({ id: "NewKey" });
