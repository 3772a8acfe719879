// TypeIDs: a prefix that says what the thing is, and a UUIDv7 in Crockford's base32 that sorts by the time it was made.
import type { Instant, Random } from "./ports/time.ts";

/** What an id can name; the prefix is part of the id. */
export type IdPrefix = "job" | "evt" | "ep" | "dlv" | "att" | "rpl" | "key" | "aud";

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
const suffixLength = 26;
const suffixPattern = /^[0-7][0-9a-hjkmnp-tv-z]{25}$/;

/**
 * Makes a new id, e.g. `job_01kat5vqt8fkz9m0w4r1x2y3z4`: 48 bits of milliseconds, 74 random bits (RFC 9562 §5.7),
 * spelled as the TypeID specification 0.3 says. Unique whatever the clock does; sortable as far as the clock is.
 */
export function makeId(prefix: IdPrefix, now: Instant, random: Random): string {
  const bytes = new Uint8Array(16);
  let rest = now;
  for (let at = 5; at >= 0; at -= 1) {
    bytes[at] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  bytes.set(random.bytes(10), 6);
  bytes[6] = 0x70 | (byteAt(bytes, 6) & 0x0f);
  bytes[8] = 0x80 | (byteAt(bytes, 8) & 0x3f);
  return `${prefix}_${base32(bytes)}`;
}

/** True when `text` is spelled like an id of that prefix. It says nothing about whether the thing exists. */
export function isId(prefix: IdPrefix, text: string): boolean {
  return (
    text.length === prefix.length + 1 + suffixLength &&
    text.startsWith(`${prefix}_`) &&
    suffixPattern.test(text.slice(prefix.length + 1))
  );
}

/** 16 bytes are 128 bits; 26 letters carry 130, so the first letter has two leading zero bits. */
function base32(bytes: Uint8Array): string {
  let text = "";
  let pending = 0;
  let pendingBits = 2;
  for (const byte of bytes) {
    pending = (pending << 8) | byte;
    pendingBits += 8;
    while (pendingBits >= 5) {
      pendingBits -= 5;
      text += alphabet[(pending >> pendingBits) & 31];
      pending &= (1 << pendingBits) - 1;
    }
  }
  return text;
}

function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}
