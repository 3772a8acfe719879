// What the shapes of answers share: ids, instants and JSON values.
import { z } from "zod";
import type { IdPrefix } from "@ringback/core";

/** A TypeID: its prefix, and 26 characters of Crockford's base32. */
export function idShape(prefix: IdPrefix): z.ZodString {
  return z.string().regex(new RegExp(`^${prefix}_[0-9a-hjkmnp-tv-z]{26}$`));
}

/** A TypeID of ours, or the UUID under which a client has put the job. */
export const jobIdShape = z
  .string()
  .regex(/^(?:job_[0-9a-hjkmnp-tv-z]{26}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/);

/** RFC 3339 in UTC, always with milliseconds. */
export const instantShape = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  .meta({ format: "date-time" });

export const countShape = z.int().min(0);

export const metadataShape = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]));

/** Header names in lower case. */
export const headersShape = z.record(z.string(), z.string());

/** One of a closed list that core knows as a type only: one that is missing here, or too many, does not compile. */
export function wordShape<Word extends string>(words: Readonly<Record<Word, true>>) {
  return z.enum(Object.keys(words) as Word[]);
}
