// The bodies of the lease routes: what is asked for, how far it is, and how it ended.
import { isKindName } from "@ringback/core";
import { z } from "zod";
import { documentedAs } from "./documented-as.ts";

export const leaseRequestSchema = z
  .strictObject({
    kinds: z
      .array(
        documentedAs(
          z.string().refine(isKindName, { error: "must be the name of a kind" }),
          z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/),
        ),
      )
      .min(1)
      .max(50)
      .describe("What you can do."),
    max: z.int().min(1).max(50).default(1).describe("The most jobs to be given."),
    wait: z.int().min(0).max(60).default(0).describe("Seconds to wait for a job when none is due."),
  })
  .meta({ id: "LeaseRequest" });

export const heartbeatSchema = z
  .strictObject({
    progress: z
      .strictObject({ percent: z.number().min(0).max(100), message: z.string().max(300).optional() })
      .describe("How far it is.")
      .optional(),
  })
  .meta({ id: "Heartbeat" });

/** The result itself is kept as the text it came in. */
export const completeSchema = z
  .strictObject({
    result: z
      .unknown()
      .describe("Any JSON value, kept as it was sent; without it the result is null.")
      .optional(),
  })
  .meta({ id: "CompleteRequest" });

/** 2,000 UTF-16 units are at most 6,000 bytes, which is within what a job's error keeps. */
export const failSchema = z
  .strictObject({
    message: z.string().min(1).max(2_000).describe("What went wrong, for whoever submitted the job."),
    retryable: z
      .boolean()
      .default(true)
      .describe("False ends the job; otherwise it is tried again while it has runs left."),
  })
  .meta({ id: "FailRequest" });
