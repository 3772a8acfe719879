// The body of `POST /v1/events`.
import { z } from "zod";
import { eventTypeLengthMax, ownEventTypeProblem } from "@ringback/core";
import { documentedAs } from "./documented-as.ts";

/** As in the header: 255 ASCII characters, none of them a control character. */
const keyShape = /^[\u0020-\u007e]{1,255}$/;

/** The rule of core, as a pattern. */
const typeShape = /^(?!(?:job|endpoint|delivery)(?:\.|$))[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/;

export const eventRequestSchema = z
  .strictObject({
    type: documentedAs(
      z.string().superRefine((type, context) => {
        const problem = ownEventTypeProblem(type);
        if (problem !== null) context.addIssue({ code: "custom", message: problem });
      }),
      z.string().max(eventTypeLengthMax).regex(typeShape),
    ).describe(
      "Words with dots between them; those that begin with `job`, `endpoint` or `delivery` are Ringback's own.",
    ),
    data: z.unknown().describe("Any JSON value; it is told byte for byte."),
    idempotencyKey: z
      .string()
      .regex(keyShape, "must be 1 to 255 ASCII characters without control characters")
      .describe("In place of the header `Idempotency-Key`.")
      .optional(),
  })
  .meta({ id: "EventRequest" });
