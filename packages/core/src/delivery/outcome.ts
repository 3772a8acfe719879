// What can come of an attempt: a closed list of codes, and which of them leave room for another try.

/** `outcome_unknown`: the process was lost with the attempt in flight; the receiver may or may not have it. */
export type AttemptOutcome = "delivered" | "failed" | "outcome_unknown";

/** Codes of the answer's side: the receiver spoke HTTP to us. */
export type AnswerCode =
  | "ok"
  | "truncated_response"
  | "redirect_not_followed"
  | "gone"
  | "throttled"
  | "http_4xx"
  | "http_5xx"
  | "unexpected_status"
  | "no_retry";

/** Codes of the connection's side: no complete answer came. */
export type ConnectionCode =
  | "connect_refused"
  | "unreachable"
  | "connect_timeout"
  | "dns_not_found"
  | "dns_failed"
  | "dns_timeout"
  | "tls_expired"
  | "tls_hostname"
  | "tls_untrusted"
  | "tls_wrong_version"
  | "tls_failed"
  | "headers_timeout"
  | "connection_reset"
  | "invalid_response";

/** Codes of our own side: nothing was sent, or we do not know. */
export type OwnCode =
  | "blocked_address"
  | "blocked_url"
  | "outcome_unknown"
  | "sender_fault"
  | "endpoint_deleted";

export type AttemptCode = AnswerCode | ConnectionCode | OwnCode;

export const attemptCodes: readonly AttemptCode[] = [
  "ok",
  "truncated_response",
  "redirect_not_followed",
  "gone",
  "throttled",
  "http_4xx",
  "http_5xx",
  "unexpected_status",
  "no_retry",
  "connect_refused",
  "unreachable",
  "connect_timeout",
  "dns_not_found",
  "dns_failed",
  "dns_timeout",
  "tls_expired",
  "tls_hostname",
  "tls_untrusted",
  "tls_wrong_version",
  "tls_failed",
  "headers_timeout",
  "connection_reset",
  "invalid_response",
  "blocked_address",
  "blocked_url",
  "outcome_unknown",
  "sender_fault",
  "endpoint_deleted",
];

/** True when trying again cannot help, so the delivery is dead at once. */
export function isFinal(code: AttemptCode): boolean {
  return code === "gone" || code === "no_retry" || code === "blocked_address" || code === "blocked_url";
}

/** The code of a complete header block with this status. */
export function codeOfStatus(status: number): AnswerCode {
  if (status >= 200 && status <= 299) return "ok";
  if (status === 304 || status < 200) return "unexpected_status";
  if (status <= 399) return "redirect_not_followed";
  if (status === 410) return "gone";
  if (status === 429 || status === 503) return "throttled";
  return status <= 499 ? "http_4xx" : "http_5xx";
}
