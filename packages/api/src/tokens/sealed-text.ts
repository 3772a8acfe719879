// Text that clients carry around for us and cannot change: readable by anybody, good only where its seal was made for.
import { createHmac, timingSafeEqual } from "node:crypto";

/** What a seal is bound to: the same text sealed for another purpose or owner does not open. */
export interface SealBinding {
  readonly purpose: string;
  /** The tenant, or whatever else the text belongs to. */
  readonly owner: string;
}

/** 32 bytes each: the first one seals, and any of them opens, so that what was given out under a former key goes on working. */
export type TokenKeys = readonly [Uint8Array, ...(readonly Uint8Array[])];

const macBytes = 32;

/** `base64url(HMAC-SHA256 ‖ text)`. */
export function sealText([key]: TokenKeys, binding: SealBinding, text: string): string {
  return Buffer.concat([mac(key, binding, text), Buffer.from(text)]).toString("base64url");
}

/** Null when the seal does not hold: another key, purpose or owner, or a changed text. */
export function openText(keys: TokenKeys, binding: SealBinding, sealed: string): string | null {
  const bytes = Buffer.from(sealed, "base64url");
  if (bytes.length < macBytes || bytes.toString("base64url") !== sealed) return null;
  const text = bytes.subarray(macBytes).toString("utf8");
  const seal = bytes.subarray(0, macBytes);
  return keys.some((key) => timingSafeEqual(seal, mac(key, binding, text))) ? text : null;
}

/** JSON keeps the parts apart, so that no two bindings sign the same bytes. */
function mac(key: Uint8Array, { purpose, owner }: SealBinding, text: string): Buffer {
  return createHmac("sha256", key)
    .update(JSON.stringify([purpose, owner, text]))
    .digest();
}
