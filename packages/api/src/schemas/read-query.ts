// Reads a request's query string against a schema: every parameter at most once, unknown ones refused by name.
import type { HonoRequest } from "hono";
import type { z } from "zod";
import { isRefusal, refusal, type Refusal } from "../problems/refusal.ts";
import { checkShape, type ShapeRefusals } from "./check-shape.ts";

const queryRefusals: ShapeRefusals = {
  invalid: "parameter-invalid",
  pathOf: (path) => `?${path.map(String).join(".")}`,
};

export interface QueryRead<Value> {
  readonly value: Value;
  /** The values of the `metadata.<name>` parameters, when they are accepted. */
  readonly metadata: Readonly<Record<string, string>>;
}

export interface QueryOptions {
  /** Whether `metadata.<name>` parameters are accepted. */
  readonly acceptsMetadata?: boolean;
}

const metadataPrefix = "metadata.";
/** Parameters that take several values, with commas or by standing more than once. */
const lists: ReadonlySet<string> = new Set(["status", "types"]);

export function readQuery<Schema extends z.ZodType>(
  request: HonoRequest,
  schema: Schema,
  options: QueryOptions = {},
): QueryRead<z.output<Schema>> | Refusal {
  const given: [string, string][] = [];
  const metadata: [string, string][] = [];
  for (const [name, values] of Object.entries(request.queries())) {
    if (values.length > 1 && !lists.has(name)) return standsTwice(name);
    const isMetadata = options.acceptsMetadata === true && name.startsWith(metadataPrefix);
    if (isMetadata) metadata.push([name.slice(metadataPrefix.length), values.join(",")]);
    else given.push([name, values.join(",")]);
  }
  const checked = checkShape(schema, Object.fromEntries(given), queryRefusals);
  return isRefusal(checked) ? checked : { value: checked.value, metadata: Object.fromEntries(metadata) };
}

function standsTwice(name: string): Refusal {
  const path = `?${name.slice(0, 100)}`;
  const message = "stands more than once";
  return refusal("parameter-invalid", `${path}: ${message}.`, { errors: [{ path, message }] });
}
