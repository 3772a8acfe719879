// Reads a body that may be missing: an empty one is an empty object, whatever type it claims.
import type { HonoRequest } from "hono";
import type { z } from "zod";
import { isRefusal, type Refusal } from "../problems/refusal.ts";
import { checkShape } from "../schemas/check-shape.ts";
import { parseJsonBytes } from "./parse-json-body.ts";
import { readOptionalJsonBytes } from "./read-body.ts";

export async function readOptionalBody<Schema extends z.ZodType>(
  request: HonoRequest,
  schema: Schema,
  bytesMax: number,
): Promise<{ readonly value: z.output<Schema> } | Refusal> {
  const bytes = await readOptionalJsonBytes(request, bytesMax);
  if (isRefusal(bytes)) return bytes;
  if (bytes.length === 0) return checkShape(schema, {});
  const body = parseJsonBytes(bytes, null);
  return isRefusal(body) ? body : checkShape(schema, body.value);
}
