// Signs a webhook: one signature per secret over `id.timestamp.body`, as the Standard Webhooks specification says.
import { createHmac, sign as signBytes, type KeyObject } from "node:crypto";
import { keyOf } from "./secret.ts";

export interface SignedContent {
  /** The `webhook-id`: not empty and without a full stop, which separates the signed parts. */
  readonly id: string;
  /** The `webhook-timestamp`: whole seconds since 1970. */
  readonly timestampSeconds: number;
  /** The exact bytes of the body; a string stands for its UTF-8. */
  readonly body: string | Uint8Array;
}

/**
 * The value of `webhook-signature`: space-separated, in the order of the secrets, `v1,…` for a `whsec_` and `v1a,…` for a
 * `whsk_` secret. Throws a TypeError when there is no secret, one is malformed, or the id or the timestamp cannot be signed.
 */
export function sign(content: SignedContent, secrets: readonly string[]): string {
  const { id, timestampSeconds } = content;
  if (!isSignableId(id)) throw new TypeError("a webhook-id must be non-empty text without a full stop");
  if (!Number.isSafeInteger(timestampSeconds) || timestampSeconds < 0) {
    throw new TypeError("a webhook-timestamp must be a whole number of seconds");
  }
  if (secrets.length === 0) throw new TypeError("a webhook needs at least one secret");
  const prefix = signedPrefix(id, timestampSeconds);
  return secrets.map((secret) => signWith(secret, prefix, content.body)).join(" ");
}

/** True when `id.timestamp.body` can be taken apart in one way only. */
export function isSignableId(id: string): boolean {
  return id.length > 0 && !id.includes(".");
}

/** What is signed before the body. */
export function signedPrefix(id: string, timestampSeconds: number): string {
  return `${id}.${timestampSeconds}.`;
}

/** The HMAC-SHA256 of the signed content, not yet digested. */
export function hmacOf(
  key: KeyObject,
  prefix: string,
  body: string | Uint8Array,
): ReturnType<typeof createHmac> {
  return createHmac("sha256", key).update(prefix).update(body);
}

/** The signed content in one piece; ed25519 needs it whole. */
export function signedBytes(prefix: string, body: string | Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(prefix), typeof body === "string" ? Buffer.from(body) : body]);
}

function signWith(secret: string, prefix: string, body: string | Uint8Array): string {
  const { kind, key } = keyOf(secret);
  if (kind === "whsec") return `v1,${hmacOf(key, prefix, body).digest("base64")}`;
  if (kind === "whpk") throw new TypeError("a public key (whpk_) cannot sign");
  return `v1a,${signBytes(null, signedBytes(prefix, body), key).toString("base64")}`;
}
