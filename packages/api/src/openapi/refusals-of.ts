// Which problems an operation can answer: those that follow from its form, and those it names itself.
import { status } from "../answers/status.ts";
import { catalogue, type ProblemCode } from "../problems/catalogue.ts";
import type { Route } from "../routes/route.ts";
import type { AnswerHeader } from "./headers.ts";
import type { Operation } from "./operation.ts";

/** Any request whatever may be answered so, also by the server below the app. */
export const anywhere: readonly ProblemCode[] = [
  "http-invalid",
  "headers-too-large",
  "request-timeout",
  "internal",
];

const withKey: readonly ProblemCode[] = [
  "fields-unknown",
  "unauthenticated",
  "scope-missing",
  "rate-limited",
  "store-unavailable",
  "master-key-missing",
];
const withChange: readonly ProblemCode[] = ["storage-full"];
const withQuery: readonly ProblemCode[] = ["parameter-invalid"];
const withBody: readonly ProblemCode[] = [
  "json-invalid",
  "json-too-deep",
  "json-member-twice",
  "text-invalid",
  "body-incomplete",
  "body-too-large",
  "content-type-unsupported",
  "content-encoding-unsupported",
  "invalid-request",
];

/** By status and in the order of the catalogue, each once. */
export function refusalsOf({ access, method, path, operation }: Route): readonly ProblemCode[] {
  const codes = new Set<ProblemCode>([
    ...anywhere,
    ...(access === "open" ? [] : withKey),
    ...(method === "GET" ? [] : withChange),
    ...(path.includes("/:") ? (["not-found"] as const) : []),
    ...(operation.query === undefined ? [] : withQuery),
    ...(operation.body === undefined ? [] : withBody),
    ...(operation.refusals ?? []),
  ]);
  return (Object.keys(catalogue) as ProblemCode[])
    .filter((code) => codes.has(code))
    .toSorted((left, right) => catalogue[left].status - catalogue[right].status);
}

/** The headers that a problem of this status may have. That a key was used before is told of an expired job, too. */
export function problemHeaders(problemStatus: number, { answers }: Operation): readonly AnswerHeader[] {
  if (problemStatus === status.unauthenticated) return ["www-authenticate"];
  if (problemStatus === status.gone) {
    const isRepeatable = answers.some(({ sometimes }) => sometimes?.includes("idempotency-replayed"));
    return isRepeatable ? ["idempotency-replayed"] : [];
  }
  return retryable.has(problemStatus) ? ["retry-after"] : [];
}

const retryable: ReadonlySet<number> = new Set([
  status.conflict,
  status.tooMany,
  status.unavailable,
  status.full,
]);
