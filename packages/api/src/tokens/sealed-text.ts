// Text that clients carry around for us and cannot change: readable by anybody, good only where its seal was made for.
import { createHmac, timingSafeEqual } from "node:crypto";

/** What a seal is bound to: the same text sealed for another purpose or owner does not open. */
export interface SealBinding {
  readonly purpose: string;
  /** The tenant, or whatever else the text belongs to. */
  readonly owner: string;
}

const macBytes = 32;

/** `base64url(HMAC-SHA256 ‖ text)`. */
export function sealText(key: Uint8Array, binding: SealBinding, text: string): string {
  return Buffer.concat([mac(key, binding, text), Buffer.from(text)]).toString("base64url");
}

/** Null when the seal does not hold: another key, purpose or owner, or a changed text. */
export function openText(key: Uint8Array, binding: SealBinding, sealed: string): string | null {
  const bytes = Buffer.from(sealed, "base64url");
  if (bytes.length < macBytes || bytes.toString("base64url") !== sealed) return null;
  const text = bytes.subarray(macBytes).toString("utf8");
  return timingSafeEqual(bytes.subarray(0, macBytes), mac(key, binding, text)) ? text : null;
}

/** JSON keeps the parts apart, so that no two bindings sign the same bytes. */
function mac(key: Uint8Array, { purpose, owner }: SealBinding, text: string): Buffer {
  return createHmac("sha256", key)
    .update(JSON.stringify([purpose, owner, text]))
    .digest();
}
