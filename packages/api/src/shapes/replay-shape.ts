// Replays as answers show them.
import { z } from "zod";
import { attemptCodes, replayStatuses } from "@ringback/core";
import { countShape, idShape, instantShape } from "./fields.ts";

export const replayShape = z
  .strictObject({
    id: idShape("rpl"),
    status: z.enum(replayStatuses),
    done: z.boolean(),
    filter: z.strictObject({
      endpointId: z.string().optional(),
      jobId: z.string().optional(),
      host: z.string().optional(),
      code: z.enum(attemptCodes).optional(),
      httpStatus: z.int().optional(),
      text: z.string().optional(),
      after: instantShape.optional(),
      before: instantShape.optional(),
    }),
    ratePerSecond: z.int(),
    order: z.enum(["oldest", "newest"]),
    stopAfterFailureRatio: z.number().optional(),
    reason: z.string(),
    counts: z.strictObject({
      total: countShape.describe("Items fixed so far; all of them once it is running."),
      waiting: countShape,
      underWay: countShape,
      delivered: countShape,
      failed: countShape.describe("Their attempt failed; they go on by their own schedule."),
      skipped: countShape.describe("Delivered, discarded or redelivered by somebody else before their turn."),
    }),
    createdAt: instantShape,
    finishedAt: instantShape.optional(),
    expiresAt: instantShape.describe("When it will be gone.").optional(),
    version: z.int().min(1),
    links: z.strictObject({
      self: z.string(),
      events: z.string(),
      pause: z.string(),
      resume: z.string(),
      cancel: z.string(),
    }),
  })
  .meta({ id: "Replay" });

export const replayPreviewShape = z
  .strictObject({
    dryRun: z.literal(true),
    count: countShape.describe("Exactly as many items a replay would have."),
    hosts: z
      .array(z.strictObject({ host: z.string(), count: countShape }))
      .describe("The most first, at most 100."),
    hostCount: countShape,
    oldestDiedAt: z.union([instantShape, z.null()]),
    deliveredSince: countShape.describe("Dead letters of the filter that have been delivered since."),
  })
  .meta({ id: "ReplayPreview" });
