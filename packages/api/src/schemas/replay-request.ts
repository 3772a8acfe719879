// The body of `POST /v1/replays`: which dead letters, how fast, in which order, and when to stop.
import { z } from "zod";
import { attemptCodes, replayRateDefault, replayRateMax } from "@ringback/core";
import { instantSchema } from "./fields.ts";

/** As the list of dead letters is filtered, so what is seen there is what is replayed. */
const filterSchema = z.strictObject({
  endpointId: z.string().min(1).max(100).optional(),
  jobId: z.string().min(1).max(100).optional(),
  host: z.string().min(1).max(260).toLowerCase().optional(),
  code: z.enum(attemptCodes).optional(),
  httpStatus: z.int().min(100).max(599).optional(),
  after: instantSchema.optional(),
  before: instantSchema.optional(),
  text: z.string().trim().min(1).max(200).optional(),
});

export const replayRequestSchema = z
  .strictObject({
    filter: filterSchema.describe("As the list is filtered; `{}` is every open dead letter."),
    dryRun: z.boolean().default(false).describe("Only says what it would be made of."),
    ratePerSecond: z.int().min(1).max(replayRateMax).default(replayRateDefault),
    order: z.enum(["oldest", "newest"]).default("oldest").describe("Which go first, by when they died."),
    stopAfterFailureRatio: z
      .number()
      .min(0)
      .max(1)
      .describe("It stops when more than this part of what it made has failed, 20 or half of all at least.")
      .optional(),
    reason: z.string().trim().min(1).max(500).describe("For the audit."),
  })
  .meta({ id: "ReplayRequest" });
