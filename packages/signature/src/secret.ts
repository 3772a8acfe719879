// Secrets and keys: how they are spelled, checked and made. Signing and verifying are sign.ts and verify.ts.
import { createPrivateKey, createPublicKey, createSecretKey, type KeyObject } from "node:crypto";

/** `whsec_` signs and verifies (v1), `whsk_` signs (v1a), `whpk_` verifies (v1a). */
export type SecretKind = "whsec" | "whsk" | "whpk";

/** Why a text is no secret. */
export type SecretProblem = "unknown_prefix" | "malformed_base64" | "wrong_length" | "mismatched_public_key";

export interface Key {
  readonly kind: SecretKind;
  readonly key: KeyObject;
}

export type SecretCheck =
  | { readonly ok: true; readonly kind: SecretKind }
  | { readonly ok: false; readonly reason: SecretProblem; readonly detail: string };

/** Fills a new array with that many bytes fit for keys. */
export type RandomBytes = (count: number) => Uint8Array;

export interface Ed25519Pair {
  /** `whsk_` and the base64 of the seed followed by the public key. */
  readonly secret: string;
  /** `whpk_` and the base64 of the public key. */
  readonly publicKey: string;
}

const hmacBytesMin = 24;
const hmacBytesMax = 64;
const hmacBytesMade = 32;
const ed25519Bytes = 32;
const keysMax = 4_096;

/** RFC 8410 §7 and §4: what stands before the 32 bytes of an ed25519 seed and public key in DER. */
const pkcs8Prefix = Buffer.from("302e020100300506032b657004220420", "hex");
const spkiPrefix = Buffer.from("302a300506032b6570032100", "hex");

/** Decoding a key costs more than signing with it, so those in use are kept; the oldest leave first. */
const keys = new Map<string, Key>();

/** Tells whether `text` is a secret or public key that can be used, and if not, why. Never throws. */
export function parseSecret(text: string): SecretCheck {
  const read = readKey(text);
  return read.ok ? { ok: true, kind: read.key.kind } : read;
}

/** The key of a secret. Throws a TypeError, which never repeats the secret, when it is none. */
export function keyOf(text: string): Key {
  const known = keys.get(text);
  if (known !== undefined) return known;
  const read = readKey(text);
  if (!read.ok) throw new TypeError(`not a webhook secret: ${read.detail}`);
  if (keys.size >= keysMax) {
    const [oldest] = keys.keys();
    if (oldest !== undefined) keys.delete(oldest);
  }
  keys.set(text, read.key);
  return read.key;
}

/** A new `whsec_` secret of 32 random bytes. */
export function makeSecret(random: RandomBytes): string {
  return `whsec_${base64(random(hmacBytesMade))}`;
}

/** A new ed25519 pair: the secret signs, the public key is for the receiver. */
export function makeEd25519Secret(random: RandomBytes): Ed25519Pair {
  const seed = random(ed25519Bytes);
  const publicKey = publicBytes(privateKeyOf(seed));
  return {
    secret: `whsk_${base64(Buffer.concat([seed, publicKey]))}`,
    publicKey: `whpk_${base64(publicKey)}`,
  };
}

type KeyRead = { readonly ok: true; readonly key: Key } | Extract<SecretCheck, { readonly ok: false }>;

function readKey(text: string): KeyRead {
  const kind = kindOf(text);
  if (kind === null) return problem("unknown_prefix", "it must begin with whsec_, whsk_ or whpk_");
  const bytes = fromBase64(text.slice(kind.length + 1));
  if (bytes === null) return problem("malformed_base64", "what follows the prefix must be padded base64");
  if (kind === "whsec") return readHmacKey(bytes);
  return kind === "whsk" ? readSigningKey(bytes) : readVerifyingKey(bytes);
}

function kindOf(text: string): SecretKind | null {
  if (text.startsWith("whsec_")) return "whsec";
  if (text.startsWith("whsk_")) return "whsk";
  return text.startsWith("whpk_") ? "whpk" : null;
}

function readHmacKey(bytes: Buffer): KeyRead {
  if (bytes.length < hmacBytesMin || bytes.length > hmacBytesMax) {
    return problem("wrong_length", `it must hold ${hmacBytesMin} to ${hmacBytesMax} bytes`);
  }
  return { ok: true, key: { kind: "whsec", key: createSecretKey(bytes) } };
}

function readSigningKey(bytes: Buffer): KeyRead {
  if (bytes.length !== ed25519Bytes && bytes.length !== 2 * ed25519Bytes) {
    return problem("wrong_length", "it must hold a seed of 32 bytes, with or without its public key");
  }
  const key = privateKeyOf(bytes.subarray(0, ed25519Bytes));
  if (bytes.length > ed25519Bytes && !publicBytes(key).equals(bytes.subarray(ed25519Bytes))) {
    return problem("mismatched_public_key", "its public key does not belong to its seed");
  }
  return { ok: true, key: { kind: "whsk", key } };
}

function readVerifyingKey(bytes: Buffer): KeyRead {
  if (bytes.length !== ed25519Bytes) return problem("wrong_length", "it must hold 32 bytes");
  const der = Buffer.concat([spkiPrefix, bytes]);
  return { ok: true, key: { kind: "whpk", key: createPublicKey({ key: der, format: "der", type: "spki" }) } };
}

function privateKeyOf(seed: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.concat([pkcs8Prefix, seed]), format: "der", type: "pkcs8" });
}

function publicBytes(privateKey: KeyObject): Buffer {
  const der = createPublicKey(privateKey).export({ format: "der", type: "spki" });
  return der.subarray(spkiPrefix.length);
}

/** Strict: what another implementation might decode otherwise is refused. Null when it is not padded base64. */
export function fromBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, "base64");
  return bytes.length > 0 && bytes.toString("base64") === text ? bytes : null;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

function problem(reason: SecretProblem, detail: string): Extract<SecretCheck, { readonly ok: false }> {
  return { ok: false, reason, detail };
}
