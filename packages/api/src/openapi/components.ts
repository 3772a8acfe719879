// From zod to the JSON Schema of the document: named schemas become components, everything else stands where it is used.
import { z } from "zod";
import { documentedFormOf } from "../schemas/documented-as.ts";

export type Json = Readonly<Record<string, unknown>>;

export interface Components {
  /** JSON Schema 2020-12; a schema with an `id` is a `$ref` to its component. */
  schemaOf(schema: z.ZodType): Json;
  /** All components met so far, by name. */
  readonly schemas: Readonly<Record<string, Json>>;
}

export function createComponents(): Components {
  const schemas: Record<string, Json> = {};
  // The same few shapes stand in hundreds of answers.
  const made = new Map<z.ZodType, Json>();
  const keep = (found: Readonly<Record<string, Json>>): void => {
    for (const [name, definition] of Object.entries(found)) schemas[name] ??= refsToComponents(definition);
  };
  return {
    schemas,
    schemaOf(schema) {
      const known = made.get(schema);
      if (known !== undefined) return known;
      const { $schema: _dialect, $defs = {}, ...own } = toJson(schema, keep);
      keep($defs as Record<string, Json>);
      const json = refsToComponents(own);
      made.set(schema, json);
      return json;
    },
  };
}

/** `input`: what a client writes, and what it reads has no transforms. */
function toJson(schema: z.ZodType, keep: (found: Readonly<Record<string, Json>>) => void): Json {
  // A named schema alone would be written out where it stands; inside another one it is a reference.
  const isNamed = z.globalRegistry.get(schema)?.id !== undefined;
  const { items, ...rest } = z.toJSONSchema(isNamed ? z.array(schema) : schema, {
    io: "input",
    override: ({ zodSchema, jsonSchema }) => {
      const form = documentedFormOf(zodSchema);
      if (form !== undefined) {
        // The named schemas that a documented form speaks of belong to the document, not to the place where it stands.
        const { $schema: _dialect, $defs = {}, ...shown } = toJson(form, keep);
        keep($defs as Record<string, Json>);
        Object.assign(jsonSchema, shown);
      }
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    },
  }) as Json;
  if (!isNamed) return items === undefined ? rest : { ...rest, items };
  return { ...(items as Json), $defs: rest["$defs"] };
}

const localRef = "#/$defs/";

function refsToComponents(value: Json): Json {
  return JSON.parse(JSON.stringify(value), (name, member: unknown) =>
    name === "$ref" && typeof member === "string" && member.startsWith(localRef)
      ? `#/components/schemas/${member.slice(localRef.length)}`
      : member,
  ) as Json;
}
