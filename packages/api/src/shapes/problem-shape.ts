// The problem document (RFC 9457) that every error answers with.
import { z } from "zod";
import { jobStatuses, replayStatuses } from "@ringback/core";
import { catalogue } from "../problems/catalogue.ts";
import { idShape, instantShape, jobIdShape } from "./fields.ts";

export const problemShape = z
  .strictObject({
    type: z
      .string()
      .regex(/^\/problems\/[a-z-]+$/)
      .describe("The page that explains the code."),
    title: z.string(),
    status: z.int().min(400).max(599),
    code: z.enum(Object.keys(catalogue)),
    detail: z.string().describe("What was wrong with this request."),
    requestId: z.string().describe("The same as the header `x-request-id`; name it when you report a fault."),
    errors: z
      .array(
        z.strictObject({
          path: z.string().describe("A JSON pointer into the body, or `?name` for a query parameter."),
          message: z.string(),
        }),
      )
      .max(50)
      .optional(),
    job: z
      .strictObject({
        id: jobIdShape,
        status: z.enum(jobStatuses),
        finishedAt: instantShape,
        expiresAt: instantShape,
      })
      .describe("With `job-expired`: how the job ended, and since when it is gone.")
      .optional(),
    replay: z
      .strictObject({ id: idShape("rpl"), status: z.enum(replayStatuses) })
      .describe("With `replay-running`: the one that is not over.")
      .optional(),
  })
  .meta({ id: "Problem" });
