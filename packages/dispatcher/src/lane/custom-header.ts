// Which extra headers a receiver may ask for, and which headers of an answer are not kept readable.

const nameLengthMax = 100;
const valueLengthMax = 4_096;
const namePattern = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
const valuePattern = /^[\u0020-\u007e]*$/;

/** Those that frame the request or belong to the connection (RFC 9110 §7, RFC 9112), where a second opinion is an attack. */
const framing: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "expect",
  "host",
  "http2-settings",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "via",
]);

/** Those that Ringback itself says, and that therefore nobody else may. */
const own: ReadonlySet<string> = new Set([
  "accept-encoding",
  "content-encoding",
  "content-type",
  "cookie",
  "stripe-signature",
  "traceparent",
  "user-agent",
  "x-github-delivery",
  "x-github-event",
  "x-hub-signature-256",
]);

/** Why a custom header of this name is refused, as a sentence; null when it is not. The case does not matter. */
export function forbiddenHeader(name: string): string | null {
  const lower = name.toLowerCase();
  if (framing.has(lower)) return `The header ${lower} belongs to the connection and cannot be set.`;
  if (own.has(lower)) return `The header ${lower} is set by Ringback and cannot be replaced.`;
  if (lower.startsWith("webhook-")) return "Headers that begin with webhook- are Ringback's own.";
  return null;
}

/** Why a custom header cannot be sent, as a sentence; null when it can. */
export function headerProblem(name: string, value: string): string | null {
  return formProblem(name, value) ?? forbiddenHeader(name);
}

/** Why a header of the `http` kind cannot be sent: there the request is the user's own, but not its framing. */
export function requestHeaderProblem(name: string, value: string): string | null {
  const lower = name.toLowerCase();
  const isFraming = framing.has(lower) || lower === "accept-encoding";
  return formProblem(name, value) ?? (isFraming ? forbiddenHeader(name) : null);
}

function formProblem(name: string, value: string): string | null {
  if (name.length > nameLengthMax || !namePattern.test(name.toLowerCase())) {
    return `A header's name must be 1 to ${nameLengthMax} of the characters that RFC 9110 §5.1 allows.`;
  }
  if (value.length > valueLengthMax || !valuePattern.test(value)) {
    return `A header's value must be at most ${valueLengthMax} printable ASCII characters.`;
  }
  return null;
}

const secretName = /authorization|cookie|credential|key|passw|secret|signature|token/;

/** What stands for a value that is not kept. */
export const redacted = "[redacted]";

/** True when the name of an answer's header says that its value is secret. */
export function isSecretHeader(name: string): boolean {
  return secretName.test(name);
}
