// API keys: how they are spelled, and what they may do. Their secret half is stored as SHA-256 only.
import type { Instant, Random } from "../ports/time.ts";

export const scopes = ["jobs", "endpoints", "support", "metrics", "admin"] as const;

/** `jobs`: submit, read, cancel. `support`: read deliveries, redeliver. `admin`: everything. */
export type Scope = (typeof scopes)[number];

export interface ApiKey {
  readonly tenantId: string;
  readonly id: string;
  /** The 12 id characters, which find the row; no secret. */
  readonly lookup: string;
  /** SHA-256 of the whole key, in hex. */
  readonly hash: string;
  readonly scopes: readonly Scope[];
  readonly description: string | null;
  readonly createdAt: Instant;
  readonly expiresAt: Instant | null;
  readonly revokedAt: Instant | null;
  /** Coarse: at most `keyUseGrainMs` behind. Null when it has never been used. */
  readonly lastUsedAt: Instant | null;
}

export type NewApiKey = Omit<ApiKey, "createdAt" | "revokedAt" | "lastUsedAt" | "description"> & {
  readonly description?: string | null;
};

/** The use of a key is written down at most once in this time, so that requests cost no write. */
export const keyUseGrainMs = 5 * 60_000;

const prefix = "rb_live_";
const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const shape = /^rb_live_([0-9A-Za-z]{12})_([0-9A-Za-z]{32})([0-9A-Za-z]{6})$/;

export interface ParsedApiKey {
  readonly lookup: string;
  /** False when the key was mistyped or cut: its last six characters are not the CRC32 of its secret. */
  readonly checksumHolds: boolean;
}

/** Null when `text` does not have the shape of a key at all. */
export function parseApiKey(text: string): ParsedApiKey | null {
  const match = shape.exec(text);
  if (match === null) return null;
  const [, lookup = "", secret = "", checksum = ""] = match;
  return { lookup, checksumHolds: checksumOf(secret) === checksum };
}

/** A new key: `rb_live_<12 id characters>_<32 secret characters, about 190 bits><CRC32 of the secret in base62>`. */
export function makeApiKey(random: Random): string {
  const secret = base62(random, 32);
  return `${prefix}${base62(random, 12)}_${secret}${checksumOf(secret)}`;
}

/** Uniform over the alphabet: bytes of 248 and more (4 × 62) are thrown away. */
function base62(random: Random, length: number): string {
  let text = "";
  while (text.length < length) {
    for (const byte of random.bytes(length)) {
      if (byte < 248 && text.length < length) text += alphabet[byte % 62] ?? "";
    }
  }
  return text;
}

function checksumOf(secret: string): string {
  let rest = crc32(secret);
  let text = "";
  for (let digit = 0; digit < 6; digit += 1) {
    text = (alphabet[rest % 62] ?? "") + text;
    rest = Math.floor(rest / 62);
  }
  return text;
}

/** CRC-32 (ISO-HDLC, as zlib computes it) of ASCII text. */
function crc32(text: string): number {
  let crc = 0xffffffff;
  for (let at = 0; at < text.length; at += 1) {
    crc ^= text.charCodeAt(at);
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ ((crc & 1) === 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
