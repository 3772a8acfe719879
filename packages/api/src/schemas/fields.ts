// Fields that several requests share: instants, metadata, event patterns, custom headers.
import { z } from "zod";
import { formatInstant, jobEventTypes, matchesEvent, type Instant } from "@ringback/core";
import { documentedAs } from "./documented-as.ts";

const instantText =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/i;

/** RFC 3339 text; its output is milliseconds since 1970. */
export const instantSchema = documentedAs(
  z
    .string()
    .regex(instantText, "must be an RFC 3339 instant, for example 2026-11-22T09:30:00.000Z")
    .transform((text, context) => {
      const instant = instantOf(text.toUpperCase());
      if (instant === null) {
        context.addIssue({ code: "custom", message: "is no day of the calendar in the years 0000 to 9999" });
        return z.NEVER;
      }
      return instant;
    }),
  z.string().meta({ format: "date-time" }),
);

/** Date.parse takes 30 February for 2 March, so the day is written back and compared; so is the year, which an offset may leave. */
function instantOf(text: string): Instant | null {
  const day = text.slice(0, "2026-11-22".length);
  if (!formatInstant(Date.parse(`${day}T00:00:00Z`)).startsWith(day)) return null;
  const instant = Date.parse(text);
  return /^\d{4}-/.test(formatInstant(instant)) ? instant : null;
}

/** Stands before every record, which would leave this one name out in silence. */
function refuseProto(value: unknown, context: z.RefinementCtx): unknown {
  if (typeof value === "object" && value !== null && Object.hasOwn(value, "__proto__"))
    context.addIssue("the name __proto__ cannot be used");
  return value;
}

const metadataMembersMax = 50;

/** At most 50 scalar members; names up to 100 characters, text values up to 500. */
export const metadataSchema = z.preprocess(
  refuseProto,
  z
    .record(
      z.string().min(1).max(100, "a name may have 100 characters"),
      z.union([z.string().max(500), z.number(), z.boolean(), z.null()], {
        error: "must be a text of at most 500 characters, a number, a boolean or null",
      }),
    )
    .refine((metadata) => Object.keys(metadata).length <= metadataMembersMax, {
      error: `at most ${metadataMembersMax} members`,
    }),
);

/** Patterns of event types, `*` standing for any run of characters: `job.succeeded`, `job.*`. */
export const eventPatternsSchema = z
  .array(
    z
      .string()
      .regex(/^[a-z0-9_.*-]{1,100}$/, "must be a type such as job.succeeded or a pattern such as job.*"),
  )
  .max(50);

/** For a job's callback only the job's own events are worth asking for, so no pattern, and one that matches none, is a mistake. */
export const jobEventPatternsSchema = eventPatternsSchema
  .min(1, "must name at least one event")
  .refine(
    (patterns) => patterns.every((pattern) => jobEventTypes.some((type) => matchesEvent([pattern], type))),
    { error: `each must match one of ${jobEventTypes.join(", ")}` },
  );

/** Names and values are judged further by the dispatcher, which knows what it cannot send. */
export const customHeadersSchema = z.preprocess(
  refuseProto,
  z
    .record(z.string().max(100), z.string().max(4_096))
    .refine((headers) => Object.keys(headers).length <= 20, { error: "at most 20 headers" }),
);
