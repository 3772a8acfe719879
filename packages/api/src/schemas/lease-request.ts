// The bodies of the lease routes: what is asked for, how far it is, and how it ended.
import { isKindName } from "@ringback/core";
import { z } from "zod";

export const leaseRequestSchema = z.strictObject({
  kinds: z
    .array(z.string().refine(isKindName, { error: "must be the name of a kind" }))
    .min(1)
    .max(50),
  /** How many jobs at most. */
  max: z.int().min(1).max(50).default(1),
  /** Seconds to wait for a job when none is due. */
  wait: z.int().min(0).max(60).default(0),
});

export const heartbeatSchema = z.strictObject({
  progress: z
    .strictObject({ percent: z.number().min(0).max(100), message: z.string().max(300).optional() })
    .optional(),
});

/** The result itself is kept as the text it came in. */
export const completeSchema = z.strictObject({ result: z.unknown().optional() });

/** 2,000 UTF-16 units are at most 6,000 bytes, which is within what a job's error keeps. */
export const failSchema = z.strictObject({
  message: z.string().min(1).max(2_000),
  retryable: z.boolean().default(true),
});
