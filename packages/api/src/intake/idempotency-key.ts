// Reads the Idempotency-Key header: a structured-field string in quotes, or bare as most clients send it.
import { hash } from "node:crypto";
import { refusal, type Refusal } from "../problems/refusal.ts";

const bare = /^[\u0020-\u007e]{1,255}$/;
const quoted = /^"((?:[\u0020-\u0021\u0023-\u005b\u005d-\u007e]|\\["\\]){1,510})"$/;
const lengthMax = 255;

/** Null without the header. `"abc"` and `abc` are the same key (RFC 9651 §3.3.3 for the quoted form). */
export function idempotencyKeyOf(header: string | undefined): { readonly key: string } | Refusal | null {
  if (header === undefined) return null;
  const text = header.trim();
  const inside = quoted.exec(text)?.[1]?.replaceAll(/\\(["\\])/g, "$1");
  if (inside !== undefined && inside.length <= lengthMax) return { key: inside };
  if (!text.startsWith('"') && bare.test(text)) return { key: text };
  return refusal(
    "idempotency-key-invalid",
    `The Idempotency-Key must be 1 to ${lengthMax} ASCII characters, none of them a control character, bare or in double quotes.`,
  );
}

/** What makes two requests the same one: where they go, and their bodies byte for byte. SHA-256 in hex. */
export function requestHashOf(route: string, body: Uint8Array): string {
  return hash("sha256", Buffer.concat([Buffer.from(`${route}\n`), body]), "hex");
}
