// What the lease and completion calls answer: leases, a heartbeat, and how a run ended.
import { z } from "zod";
import { jobStatuses } from "@ringback/core";
import { countShape, instantShape } from "./fields.ts";
import { jobShape } from "./job-shape.ts";

const leaseShape = z
  .strictObject({
    token: z.string().describe("Stands for this run in the calls that follow; it is yours alone."),
    expiresAt: instantShape.describe(
      "Without a heartbeat until then the run is lost and the job goes to another.",
    ),
    heartbeatMs: countShape.describe("How often to beat, in milliseconds."),
    run: countShape.min(1).describe("Which run of the job it is."),
    runTimeoutMs: countShape.describe("The longest it may take, in milliseconds."),
    traceparent: z
      .string()
      .describe(
        "The trace to work in: what the job was submitted with or, where spans are made, the run's own.",
      )
      .optional(),
    job: jobShape,
  })
  .meta({ id: "Lease" });

export const leasesShape = z
  .strictObject({ leases: z.array(leaseShape).describe("None when no job is due.") })
  .meta({ id: "Leases" });

export const heartbeatShape = z
  .strictObject({
    expiresAt: instantShape.describe("Beat again before."),
    cancelRequested: z.boolean().describe("True: stop, and say that the run has failed."),
  })
  .meta({ id: "HeartbeatAnswer" });

export const runEndShape = z
  .strictObject({
    status: z
      .enum(jobStatuses)
      .describe("What the job is now: `queued` when it is tried again, `canceled` when that was asked for."),
  })
  .meta({ id: "RunEnd" });
