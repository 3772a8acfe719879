// A problem for requests that never reached the app, such as malformed HTTP: the same document from the same catalogue.
import type { ProblemCode } from "./catalogue.ts";
import { problemAnswer, refusal } from "./refusal.ts";

export interface ProblemResponse {
  readonly status: number;
  /** Lower-case names; `x-request-id` is among them, `content-length` and `connection` are the sender's. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export function problemResponse(
  code: ProblemCode,
  { detail, requestId }: { readonly detail: string; readonly requestId: string },
): ProblemResponse {
  const { status, headers, body } = problemAnswer(refusal(code, detail), requestId);
  return { status, headers: { ...headers, "x-request-id": requestId }, body };
}
