// The body of a call that may say why: `{reason}`, or nothing at all.
import { z } from "zod";

/** One sentence for the audit. */
export const reasonField = z
  .string()
  .trim()
  .min(1)
  .max(500)
  .describe("Why: one sentence for the audit.")
  .optional();

export const reasonRequestSchema = z.strictObject({ reason: reasonField }).meta({ id: "ReasonRequest" });
