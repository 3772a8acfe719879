// A refusal as a value, and the problem document (RFC 9457) it becomes.
import type { Answer } from "../answers/answer.ts";
import { catalogue, type ProblemCode } from "./catalogue.ts";

export interface FieldProblem {
  /** A JSON pointer into the body, or `?name` for a query parameter. */
  readonly path: string;
  readonly message: string;
}

export interface Refusal {
  readonly refused: ProblemCode;
  /** What was wrong with this request, in one or two sentences. Never another tenant's data, never a secret. */
  readonly detail: string;
  readonly errors?: readonly FieldProblem[];
  readonly headers?: Readonly<Record<string, string>>;
  /** Members of its own that the document has beside the standard ones (RFC 9457 §3.2). */
  readonly members?: Readonly<Record<string, unknown>>;
}

export function refusal(
  refused: ProblemCode,
  detail: string,
  extra: Pick<Refusal, "errors" | "headers" | "members"> = {},
): Refusal {
  return { refused, detail, ...extra };
}

/** One for a foreign, an unknown and a malformed id and for an unknown path: nothing tells them apart. */
export const notFound: Refusal = refusal("not-found", "Nothing that this key can see has this address.");

export function isRefusal(value: object): value is Refusal {
  return "refused" in value;
}

/** The problem document; `requestId` is the only part that differs between two equal refusals. */
export function problemAnswer(given: Refusal, requestId: string): Answer & { readonly body: string } {
  const { refused: code, headers } = given;
  const { status } = catalogue[code];
  return {
    status,
    headers: {
      "content-type": "application/problem+json",
      "x-content-type-options": "nosniff",
      ...headers,
    },
    body: JSON.stringify(problemDocument(given, requestId)),
  };
}

/** The document itself, for where it stands inside another answer. */
export function problemDocument(given: Refusal, requestId: string): object {
  const { refused: code, detail, errors, members } = given;
  const { status, title } = catalogue[code];
  return { type: `/problems/${code}`, title, status, code, detail, requestId, errors, ...members };
}
