// Refuses query parameters that a route does not read: ignored in silence, a misspelled or misplaced one would look obeyed.
import type { HonoRequest } from "hono";
import type { Operation } from "../openapi/operation.ts";
import { refusal, type Refusal } from "../problems/refusal.ts";

const errorsMax = 50;

/** Null when there is none, and for a route with a schema for its query, which finds them itself. */
export function unreadParameters(
  request: HonoRequest,
  { query, parameters = [] }: Operation,
): Refusal | null {
  if (query !== undefined || !request.url.includes("?")) return null;
  const unread = Object.keys(request.queries()).filter(
    (given) => !parameters.some(({ name }) => name === given),
  );
  if (unread.length === 0) return null;
  const errors = unread
    .slice(0, errorsMax)
    .map((name) => ({ path: `?${name.slice(0, 100)}`, message: "There is no such parameter here." }));
  const names = errors.map(({ path }) => path).join(", ");
  return refusal(
    "fields-unknown",
    `This call has no such parameters: ${names}. See /problems/fields-unknown.`,
    { errors },
  );
}
