// Verifies a webhook: who may have sent it, and whether it is recent. Whether its id was seen before is the caller's to know.
import { createPublicKey, timingSafeEqual, verify as verifyBytes, type KeyObject } from "node:crypto";
import { fromBase64, keyOf, type Key } from "./secret.ts";
import { hmacOf, isSignableId, signedBytes, signedPrefix } from "./sign.ts";

/** A `Headers` object, or Node's plain object of headers; names in any case. */
export type HeaderSource =
  | { get(name: string): string | null }
  | Readonly<Record<string, string | readonly string[] | undefined>>;

export type VerifyInput = (
  | { readonly headers: HeaderSource }
  | { readonly id: string; readonly timestamp: string; readonly signature: string }
) & {
  /** The exact bytes that were received; a string stands for its UTF-8. */
  readonly body: string | Uint8Array;
  /** `whsec_` secrets and `whpk_` public keys, any of which may have signed. */
  readonly secrets: readonly string[];
  /** The present, in milliseconds since 1970. */
  readonly now: number;
  /** How far the timestamp may be from now, in the past and in the future; default 300. */
  readonly toleranceSeconds?: number;
};

/** Why a webhook is not to be trusted. */
export type VerificationProblem =
  | "missing_header"
  | "malformed_id"
  | "malformed_timestamp"
  | "malformed_signature"
  | "too_old"
  | "too_new"
  | "no_matching_signature";

export type Verification =
  | { readonly ok: true; readonly id: string; readonly timestampSeconds: number }
  | { readonly ok: false; readonly reason: VerificationProblem };

const toleranceDefaultSeconds = 300;
/** Far more than a rotation needs; a longer list only costs us time. */
const signaturesMax = 32;

/** Never throws for what was received; throws a TypeError when a secret is malformed or there is none. */
export function verify(input: VerifyInput): Verification {
  if (input.secrets.length === 0) throw new TypeError("verifying needs at least one secret");
  const keys = input.secrets.map((secret) => keyOf(secret));
  const received = receivedParts(input);
  if (received === null) return failed("missing_header");
  if (!isSignableId(received.id)) return failed("malformed_id");
  const timestampSeconds = parseTimestamp(received.timestamp);
  if (timestampSeconds === null) return failed("malformed_timestamp");
  const toleranceSeconds = input.toleranceSeconds ?? toleranceDefaultSeconds;
  const ageSeconds = Math.floor(input.now / 1_000) - timestampSeconds;
  if (ageSeconds > toleranceSeconds) return failed("too_old");
  if (-ageSeconds > toleranceSeconds) return failed("too_new");
  const signatures = parseSignatures(received.signature);
  if (signatures.length === 0) return failed("malformed_signature");
  const prefix = signedPrefix(received.id, timestampSeconds);
  return matchesAny(signatures, keys, { prefix, body: input.body })
    ? { ok: true, id: received.id, timestampSeconds }
    : failed("no_matching_signature");
}

interface ReceivedParts {
  readonly id: string;
  readonly timestamp: string;
  readonly signature: string;
}

function receivedParts(input: VerifyInput): ReceivedParts | null {
  if (!("headers" in input)) return input;
  const id = headerOf(input.headers, "webhook-id");
  const timestamp = headerOf(input.headers, "webhook-timestamp");
  const signature = headerOf(input.headers, "webhook-signature");
  return id === null || timestamp === null || signature === null ? null : { id, timestamp, signature };
}

/** Null when the header is missing or was sent more than once: then it is unclear which one was meant. */
function headerOf(headers: HeaderSource, name: string): string | null {
  if (isFetchHeaders(headers)) return headers.get(name);
  const values = Object.entries(headers)
    .filter(([key]) => key.toLowerCase() === name)
    .flatMap(([, value]) => value ?? []);
  return values.length === 1 ? (values[0] ?? null) : null;
}

function isFetchHeaders(headers: HeaderSource): headers is { get(name: string): string | null } {
  return typeof headers["get"] === "function";
}

/** Digits only and without a leading zero, so that it is the very text that was signed. */
function parseTimestamp(text: string): number | null {
  return /^[1-9]\d{0,11}$/.test(text) ? Number(text) : null;
}

interface ListedSignature {
  readonly version: "v1" | "v1a";
  readonly bytes: Buffer;
}

/** Versions that are not known are skipped: the sender may sign in more ways than we verify. */
function parseSignatures(header: string): ListedSignature[] {
  const listed: ListedSignature[] = [];
  for (const part of header.split(" ", signaturesMax)) {
    const comma = part.indexOf(",");
    const version = part.slice(0, comma);
    const bytes = fromBase64(part.slice(comma + 1));
    if (comma > 0 && bytes !== null && (version === "v1" || version === "v1a"))
      listed.push({ version, bytes });
  }
  return listed;
}

/** Every signature is compared with every key, so that the time taken tells nothing about which one matched. */
function matchesAny(
  signatures: readonly ListedSignature[],
  keys: readonly Key[],
  content: { readonly prefix: string; readonly body: string | Uint8Array },
): boolean {
  let matched = false;
  for (const { kind, key } of keys) {
    const matches =
      kind === "whsec"
        ? hmacMatcher(hmacOf(key, content.prefix, content.body).digest())
        : ed25519Matcher(key, signedBytes(content.prefix, content.body));
    for (const signature of signatures) if (matches(signature)) matched = true;
  }
  return matched;
}

type Matcher = (signature: ListedSignature) => boolean;

function hmacMatcher(expected: Buffer): Matcher {
  return ({ version, bytes }) =>
    version === "v1" && bytes.length === expected.length && timingSafeEqual(bytes, expected);
}

function ed25519Matcher(key: KeyObject, content: Buffer): Matcher {
  const publicKey = key.type === "private" ? createPublicKey(key) : key;
  return ({ version, bytes }) => version === "v1a" && verifyBytes(null, content, publicKey, bytes);
}

function failed(reason: VerificationProblem): Verification {
  return { ok: false, reason };
}
