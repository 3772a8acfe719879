// What the two open checks of the process say.
import { z } from "zod";

export const livenessShape = z.strictObject({ status: z.literal("ok"), version: z.string() });

export const readinessShape = z.strictObject({
  status: z.enum(["ready", "not ready"]),
  checks: z.record(z.string(), z.string()).describe("What was looked at, and how it is."),
});
