// An entry of the audit.
import { z } from "zod";
import { auditActions } from "@ringback/core";
import { idShape, instantShape } from "./fields.ts";

const scalarShape = z.union([z.string(), z.number(), z.boolean(), z.null()]);

export const auditEntryShape = z
  .strictObject({
    id: idShape("aud"),
    tenantId: z.string().describe("Whose thing it was done to."),
    at: instantShape,
    action: z.enum(auditActions),
    subject: z.string().describe("The id of what was changed; the tenant's own for its callback secret."),
    by: z
      .strictObject({ tenantId: z.string(), keyId: idShape("key") })
      .describe("Whose key it was; absent when Ringback did it itself, by its settings.")
      .optional(),
    reason: z.string().describe("Why, if that was said.").optional(),
    details: z
      .record(z.string(), z.union([scalarShape, z.array(z.string())]))
      .describe("What was asked for; never a secret, a URL's query or a payload."),
  })
  .meta({ id: "AuditEntry" });
