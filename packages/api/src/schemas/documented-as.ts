// Says how the document shows a schema whose own form JSON Schema cannot express: text that is read as a list or a number.
import { z } from "zod";

/** Zod's registry, because what `describe` copies from a schema is still found in it. */
const shown = z.registry<{ readonly as: unknown }>();

/** The same schema; the document shows `as` in its place. A test holds the two to the same examples. */
export function documentedAs<Schema extends z.ZodType>(schema: Schema, as: z.ZodType): Schema {
  shown.add(schema, { as });
  return schema;
}

/** Undefined for a schema that shows itself. */
export function documentedFormOf(schema: z.core.$ZodType): z.ZodType | undefined {
  return shown.get(schema)?.as as z.ZodType | undefined;
}
