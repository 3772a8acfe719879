// The body of `POST /v1/events`.
import { z } from "zod";
import { ownEventTypeProblem } from "@ringback/core";

/** As in the header: 255 ASCII characters, none of them a control character. */
const keyShape = /^[\u0020-\u007e]{1,255}$/;

export const eventRequestSchema = z.strictObject({
  type: z.string().superRefine((type, context) => {
    const problem = ownEventTypeProblem(type);
    if (problem !== null) context.addIssue({ code: "custom", message: problem });
  }),
  /** Any JSON value; it is told as it came. */
  data: z.unknown().optional(),
  /** In place of the header, for clients that cannot set one. */
  idempotencyKey: z
    .string()
    .regex(keyShape, "must be 1 to 255 ASCII characters without control characters")
    .optional(),
});
