// Reads a receiver's answer: what it means for the delivery, and what of it is kept.
import {
  codeOfStatus,
  parseRetryAfter,
  type AnswerCode,
  type AttemptRecord,
  type AttemptResponse,
  type EndedAttempt,
  type Instant,
} from "@ringback/core";
import type { CallResult, HeaderFields } from "../http/call.ts";
import { isSecretHeader, redacted } from "./custom-header.ts";

type Answer = Extract<CallResult, { readonly kind: "answer" }>;

const locationLengthMax = 200;

/** The header block alone decides: a body that breaks off does not take back a 2xx. */
export function readAnswer(
  answer: Answer,
  now: Instant,
): Pick<AttemptRecord, "ended" | "detail" | "response"> {
  const code = codeOfAnswer(answer);
  const ended: EndedAttempt = {
    outcome: code === "ok" || code === "truncated_response" ? "delivered" : "failed",
    code,
    retryAfterMs: code === "throttled" ? parseRetryAfter(single(answer.headers, "retry-after"), now) : null,
  };
  return { ended, detail: detailOf(code, answer), response: keptAnswer(answer) };
}

function codeOfAnswer({ status, headers, end }: Answer): AnswerCode {
  const code = codeOfStatus(status);
  if (code === "ok") return end === "broken" ? "truncated_response" : "ok";
  const asksForNoMore = single(headers, "webhook-no-retry")?.trim().toLowerCase() === "true";
  return code !== "gone" && asksForNoMore ? "no_retry" : code;
}

function detailOf(code: AnswerCode, { status, headers }: Answer): string | null {
  switch (code) {
    case "ok":
      return null;
    case "truncated_response":
      return `The receiver answered ${status} and did not finish the answer's body; the delivery counts.`;
    case "redirect_not_followed": {
      const location = single(headers, "location");
      const where = location === undefined ? "" : ` to ${printable(location)}`;
      return `The receiver answered ${status}, a redirect${where}; redirects are not followed.`;
    }
    case "no_retry":
      return `The receiver answered ${status} with webhook-no-retry, so it is not tried again.`;
    default:
      return `The receiver answered ${status}.`;
  }
}

function keptAnswer({ status, headers, body, bodyBytes, end }: Answer): AttemptResponse {
  return {
    status,
    headers: keptHeaders(headers),
    body,
    truncated: end !== "complete" || bodyBytes > body.length,
  };
}

/** A header that came several times is kept as one value (RFC 9110 §5.3). */
function keptHeaders(headers: HeaderFields): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue;
    kept[name] = isSecretHeader(name) ? redacted : typeof value === "string" ? value : value.join(", ");
  }
  return kept;
}

function single(headers: HeaderFields, name: string): string | undefined {
  const value = headers[name];
  return typeof value === "object" ? value[0] : value;
}

function printable(text: string): string {
  return text.replaceAll(/[^\u0020-\u007e]/g, "?").slice(0, locationLengthMax);
}
