// Reads the Idempotency-Key header: a structured-field string in quotes, or bare as most clients send it.
import { hash } from "node:crypto";
import type { Acceptance, Accepted, Clock, Store } from "@ringback/core";
import { refusal, type Refusal } from "../problems/refusal.ts";

/** Without a comma: two headers of one name arrive joined by one (RFC 9110 §5.3), and a key is not a list. */
const bare = /^[\u0020-\u002b\u002d-\u007e]{1,255}$/;
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
    `The Idempotency-Key must be one header of 1 to ${lengthMax} ASCII characters without control characters, bare or, with a comma in it, in double quotes.`,
  );
}

/** What makes two requests the same one: where they go, and their bodies byte for byte. SHA-256 in hex. */
export function requestHashOf(route: string, body: Uint8Array): string {
  return hash("sha256", Buffer.concat([Buffer.from(`${route}\n`), body]), "hex");
}

/** What the key was used for before; null when it was not, and then it is free or just being taken. */
export async function findUseOfKey(
  tenantId: string,
  { key, requestHash }: NonNullable<Acceptance["idempotency"]>,
  { store, clock }: { readonly store: Pick<Store, "reads">; readonly clock: Clock },
): Promise<Accepted | null> {
  const found = await store.reads.findIdempotent(tenantId, key, clock.now());
  if (found === null) return null;
  return found.requestHash === requestHash
    ? { kind: "replayed", job: found.job }
    : { kind: "key_reused", requestHash: found.requestHash, madeId: found.job.id };
}
