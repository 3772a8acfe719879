// The body of `POST /v1/callback-secret/rotate`.
import { z } from "zod";
import { reasonField } from "./reason-request.ts";

export const overlapDefaultMs = 24 * 3_600_000;
const overlapMaxMs = 7 * 24 * 3_600_000;

export const rotateRequestSchema = z
  .strictObject({
    overlapMs: z
      .int()
      .min(0)
      .max(overlapMaxMs)
      .describe(
        "Milliseconds that the present secrets go on signing beside the new one; 0 ends them at once.",
      )
      .optional(),
    reason: reasonField,
  })
  .meta({ id: "RotateRequest" });
