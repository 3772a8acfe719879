// From a batch's body to its jobs, each as its own JSON text, so that every `input` stays the bytes that came.
import { refusal, type Refusal, isRefusal } from "../problems/refusal.ts";
import { checkShape } from "../schemas/check-shape.ts";
import { batchRequestSchema } from "../schemas/batch-request.ts";
import { parseJsonBytes, type JsonBody } from "./parse-json-body.ts";

const encoder = new TextEncoder();

/** The jobs in their order, each read or refused by itself; or why the batch cannot be read at all. */
export function splitBatch(bytes: Uint8Array, jobsMax: number): readonly (JsonBody | Refusal)[] | Refusal {
  // Names that stand twice in a job are that job's mistake, so here its inside is not looked at.
  const body = parseJsonBytes(bytes, "jobs");
  if (isRefusal(body)) return body;
  const shape = checkShape(batchRequestSchema, body.value);
  if (isRefusal(shape)) return shape;
  const count = shape.value.jobs.length;
  if (count > jobsMax) {
    const message = `has ${count} jobs; a batch may have ${jobsMax}`;
    return refusal("invalid-request", `/jobs: ${message}`, { errors: [{ path: "/jobs", message }] });
  }
  return elementsOf(body.opaque ?? "").map((text) => parseJsonBytes(encoder.encode(text), "input"));
}

/** The elements of an array's JSON text, which has been found to be valid. */
function elementsOf(array: string): string[] {
  const elements: string[] = [];
  let depth = 0;
  let start = 1;
  for (let at = 0; at < array.length; at += 1) {
    const letter = array[at];
    if (letter === '"') at = endOfString(array, at);
    else if (letter === "[" || letter === "{") depth += 1;
    else if (letter === "]" || letter === "}") depth -= 1;
    const isEnd = (letter === "," && depth === 1) || (letter === "]" && depth === 0);
    if (!isEnd) continue;
    elements.push(array.slice(start, at).trim());
    start = at + 1;
  }
  return elements;
}

/** The position of the closing quote. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at;
}
