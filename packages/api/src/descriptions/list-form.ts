// The answer of a list that is also exported: a page of JSON, or lines.
import { z } from "zod";
import { status } from "../answers/status.ts";
import type { AnswerForm } from "../openapi/operation.ts";
import { pageShape } from "../shapes/page-shape.ts";

export function listForm(what: string, item: z.ZodType): AnswerForm {
  return {
    status: status.ok,
    description: `A page of ${what}, or all of them as lines of JSON.`,
    sometimes: ["link", "cache-control"],
    content: { "application/json": pageShape(item), "application/x-ndjson": z.string() },
  };
}
