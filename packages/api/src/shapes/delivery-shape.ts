// Deliveries, their attempts and dead letters as answers show them.
import { z } from "zod";
import {
  attemptCodes,
  deadLetterStates,
  deliveryStatuses,
  type AttemptOutcome,
  type Trigger,
} from "@ringback/core";
import { countShape, headersShape, idShape, instantShape, jobIdShape, wordShape } from "./fields.ts";

const attemptShape = z
  .strictObject({
    id: idShape("att"),
    n: z.int().min(1),
    trigger: wordShape<Trigger>({ auto: true, manual: true, replay: true, test: true }).describe(
      "Who asked for it.",
    ),
    startedAt: instantShape,
    durationMs: z.number().min(0),
    url: z.string().describe("Without its query."),
    request: z
      .union([z.strictObject({ headers: headersShape, bodyBytes: countShape }), z.null()])
      .describe("Null when nothing was sent, or nobody knows."),
    response: z
      .strictObject({
        status: z.int(),
        headers: headersShape,
        body: z.string().describe("At most 16 KiB of it."),
        bodyEncoding: z.literal("base64").describe("Present when the body is not text.").optional(),
        truncated: z.boolean(),
      })
      .optional(),
    outcome: wordShape<AttemptOutcome>({ delivered: true, failed: true, outcome_unknown: true }),
    code: z.enum(attemptCodes),
    detail: z.union([z.string(), z.null()]),
    peerAddress: z.union([z.string(), z.null()]),
    retryAt: z.union([instantShape, z.null()]),
  })
  .meta({ id: "Attempt" });

export const deliveryShape = z
  .strictObject({
    id: idShape("dlv"),
    status: z.enum(deliveryStatuses),
    eventId: idShape("evt").describe("The `webhook-id` of every attempt."),
    eventType: z.string(),
    jobId: jobIdShape.optional(),
    endpointId: idShape("ep").describe("Absent for a job's inline callback.").optional(),
    url: z.string().describe("Without its query."),
    host: z.string(),
    code: z.enum(attemptCodes).describe("Of the last attempt.").optional(),
    httpStatus: z.int().describe("Of the last attempt.").optional(),
    attemptsMade: countShape,
    attemptsMax: countShape.describe("Where the present round ends if all fail.").optional(),
    dueAt: instantShape.describe("When the next attempt is due.").optional(),
    held: z.literal(true).describe("Pending, and its endpoint is paused.").optional(),
    attemptStartedAt: instantShape
      .describe("Present while an attempt is in flight or about to begin.")
      .optional(),
    createdAt: instantShape,
    finishedAt: instantShape.optional(),
    expiresAt: instantShape.describe("When it will be gone; absent while it is owed.").optional(),
    links: z.strictObject({ self: z.string(), redeliver: z.string() }),
  })
  .meta({ id: "Delivery" });

const history = {
  explain: z.string().describe("One sentence: what happened, why, and what happens next."),
  attempts: z.array(attemptShape),
};

export const deliveryDetailShape = deliveryShape.extend(history).meta({ id: "DeliveryDetail" });

export const deadLetterShape = deliveryShape
  .extend({
    state: z.enum(deadLetterStates),
    reason: z.enum(attemptCodes).describe("Why it was given up."),
    detail: z.string().optional(),
    diedAt: instantShape,
    resolvedAt: instantShape.describe("When a redelivery of it was delivered.").optional(),
    discardedAt: instantShape.optional(),
    discardReason: z.string().describe("Why somebody discarded it.").optional(),
    note: z.string().describe("What the support desk wrote to itself.").optional(),
    links: z.strictObject({
      self: z.string(),
      delivery: z.string(),
      redeliver: z.string(),
      discard: z.string(),
    }),
  })
  .meta({ id: "DeadLetter" });

export const deadLetterDetailShape = deadLetterShape.extend(history).meta({ id: "DeadLetterDetail" });

export const deadLetterGroupsShape = z
  .strictObject({
    data: z.array(
      z.strictObject({
        host: z.string(),
        code: z.enum(attemptCodes),
        httpStatus: z.int().optional(),
        count: z.int().min(1),
        firstAt: instantShape,
        lastAt: instantShape,
        sample: idShape("dlv").describe("One of them."),
        links: z.strictObject({ deadLetters: z.string(), sample: z.string() }),
      }),
    ),
    groups: countShape.describe("Causes in all."),
    deadLetters: countShape.describe("Dead letters in all."),
  })
  .meta({ id: "DeadLetterGroups" });
