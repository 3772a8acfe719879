// The tenant's callback secret as the two calls that may show it do.
import { z } from "zod";
import { instantShape } from "./fields.ts";

export const callbackSecretShape = z
  .strictObject({
    secret: z.string().describe("Signs callbacks without a secret of their own, and the feed."),
    createdAt: instantShape,
    previous: z
      .array(z.strictObject({ createdAt: instantShape, expiresAt: instantShape.optional() }))
      .describe("Those that still sign beside it. Their text is not shown again."),
  })
  .meta({ id: "CallbackSecret" });
