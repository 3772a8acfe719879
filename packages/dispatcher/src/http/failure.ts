// Names what went wrong before an answer: one code of core's closed list, and one sentence without addresses in it.
import type { AttemptCode } from "@ringback/core";
import { HeadersDeadline, TooManyInterim } from "./call.ts";
import { ConnectFailure } from "./connect.ts";
import type { LineResult } from "./line.ts";

export interface Failure {
  readonly code: AttemptCode;
  readonly detail: string;
}

type NoAnswer = Extract<LineResult, { readonly kind: "no_answer" }>;

export function failureOf({ error, phase }: NoAnswer): Failure {
  if (error instanceof ConnectFailure) return { code: error.code, detail: error.message };
  if (error instanceof HeadersDeadline) return deadlineFailures[phase];
  if (error instanceof TooManyInterim) {
    return {
      code: "invalid_response",
      detail: "The receiver sent one 1xx answer after another and no final one.",
    };
  }
  const code = systemCodeOf(error);
  return (
    ownFault(code) ??
    (phase === "request"
      ? requestFailure(error, code)
      : phase === "tls"
        ? tlsFailure(code)
        : networkFailure(code)) ??
    unnamed
  );
}

/** The receiver switched protocols: undici refuses that without telling the status, which can only have been 101. */
export function isProtocolSwitch({ error }: NoAnswer): boolean {
  return systemCodeOf(error) === "UND_ERR_SOCKET" && error.message === "bad upgrade";
}

/** The receiver hung up before the first byte of an answer. */
export function isHangUp({ error, answerBegan }: NoAnswer): boolean {
  return !answerBegan && hangUps.has(systemCodeOf(error));
}

const unnamed: Failure = { code: "sender_fault", detail: "The request could not be made." };

const deadlineFailures: Readonly<Record<NoAnswer["phase"], Failure>> = {
  resolve: {
    code: "dns_timeout",
    detail: "The deadline passed while the receiver's host was being resolved.",
  },
  connect: {
    code: "connect_timeout",
    detail: "The deadline passed before the receiver accepted the connection.",
  },
  tls: { code: "tls_failed", detail: "The deadline passed during the TLS handshake." },
  request: {
    code: "headers_timeout",
    detail: "The receiver took the request and did not answer within the deadline.",
  },
};

const hangUps = new Set(["ECONNRESET", "ECONNABORTED", "EPIPE", "UND_ERR_SOCKET"]);

/** Running out of sockets or memory is nobody's fault but ours. */
function ownFault(code: string): Failure | null {
  if (!["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"].includes(code)) return null;
  return { code: "sender_fault", detail: `Ringback ran out of resources for connections (${code}).` };
}

function networkFailure(code: string): Failure | null {
  switch (code) {
    case "ECONNREFUSED":
      return { code: "connect_refused", detail: "The receiver refused the connection." };
    case "EHOSTUNREACH":
    case "EHOSTDOWN":
    case "ENETUNREACH":
    case "ENETDOWN":
    case "EADDRNOTAVAIL":
    case "EACCES":
    case "EPERM":
    case "EINVAL":
      return {
        code: "unreachable",
        detail: `There is no way through the network to the receiver (${code}).`,
      };
    case "ETIMEDOUT":
    case "UND_ERR_CONNECT_TIMEOUT":
      return { code: "connect_timeout", detail: "The receiver did not accept the connection in time." };
    default:
      return hangUps.has(code)
        ? { code: "connection_reset", detail: "The receiver closed the connection while it was being made." }
        : null;
  }
}

const untrusted = new Set([
  "CERT_CHAIN_TOO_LONG",
  "CERT_REJECTED",
  "CERT_REVOKED",
  "CERT_SIGNATURE_FAILURE",
  "CERT_UNTRUSTED",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "INVALID_CA",
  "INVALID_PURPOSE",
  "PATH_LENGTH_EXCEEDED",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);

const wrongVersion = new Set([
  "ERR_SSL_HTTP_REQUEST",
  "ERR_SSL_NO_PROTOCOLS_AVAILABLE",
  "ERR_SSL_PACKET_LENGTH_TOO_LONG",
  "ERR_SSL_RECORD_LAYER_FAILURE",
  "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION",
  "ERR_SSL_UNSUPPORTED_PROTOCOL",
  "ERR_SSL_WRONG_VERSION_NUMBER",
]);

function tlsFailure(code: string): Failure | null {
  if (code === "CERT_HAS_EXPIRED" || code === "CERT_NOT_YET_VALID") {
    return {
      code: "tls_expired",
      detail: `The receiver's TLS certificate is outside its validity (${code}).`,
    };
  }
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") {
    return { code: "tls_hostname", detail: "The receiver's TLS certificate is not for the URL's host." };
  }
  if (untrusted.has(code)) {
    return { code: "tls_untrusted", detail: `The receiver's TLS certificate is not trusted (${code}).` };
  }
  if (wrongVersion.has(code)) {
    return {
      code: "tls_wrong_version",
      detail: `The URL says https, but the receiver speaks no TLS there, or only an outdated version (${code}).`,
    };
  }
  const isKnown =
    code.startsWith("ERR_SSL_") || code.startsWith("ERR_TLS_") || code === "EPROTO" || hangUps.has(code);
  return isKnown
    ? { code: "tls_failed", detail: `The TLS handshake failed (${code}).` }
    : networkFailure(code);
}

const tlsUnasked: Failure = {
  code: "tls_wrong_version",
  detail: "The URL says http, but the receiver speaks TLS there.",
};

/** An alert record of SSL 3 or TLS (RFC 8446 §5.1), with which a TLS server answers plain HTTP. */
function isTlsAlert(error: Error): boolean {
  return "data" in error && typeof error.data === "string" && error.data.startsWith("\u0015\u0003");
}

function requestFailure(error: Error, code: string): Failure | null {
  if (code === "UND_ERR_SOCKET" && error.message.startsWith("bad ")) {
    return { code: "invalid_response", detail: "The receiver sent an HTTP answer that was not asked for." };
  }
  if (error.name === "HTTPParserError") {
    if (isTlsAlert(error)) return tlsUnasked;
    return { code: "invalid_response", detail: "The receiver's answer is not valid HTTP." };
  }
  if (code === "UND_ERR_HEADERS_OVERFLOW") {
    return {
      code: "invalid_response",
      detail: "The headers of the receiver's answer are larger than 16 KiB.",
    };
  }
  if (code === "UND_ERR_RES_CONTENT_LENGTH_MISMATCH") {
    return { code: "invalid_response", detail: "The receiver's answer does not have the length it says." };
  }
  if (hangUps.has(code) || code === "ETIMEDOUT") {
    return { code: "connection_reset", detail: "The receiver closed the connection before it answered." };
  }
  return code.startsWith("ERR_SSL_") ? tlsFailure(code) : null;
}

/** Several addresses fail together as an AggregateError; a timeout among them says the most, otherwise the first speaks. */
function systemCodeOf(error: Error): string {
  const codes = (error instanceof AggregateError ? error.errors : [error]).map((each: unknown) =>
    each instanceof Error && "code" in each && typeof each.code === "string" ? each.code : "",
  );
  return codes.find((code) => code === "ETIMEDOUT") ?? codes[0] ?? "";
}
