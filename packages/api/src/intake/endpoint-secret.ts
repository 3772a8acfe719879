// Makes the secret of an endpoint: a shared one, or a pair for `standard-ed25519`, of which only the public key leaves.
import type { EndpointSecret, Random, SignatureForm } from "@ringback/core";
import { makeEd25519Secret, makeSecret } from "@ringback/signature";

export function makeEndpointSecret(signature: SignatureForm, random: Random): EndpointSecret {
  const bytes = (count: number): Uint8Array => random.bytes(count);
  return isPair(signature) ? makeEd25519Secret(bytes) : { secret: makeSecret(bytes), publicKey: null };
}

/** What its owner is shown, once; undefined for a pair. */
export function shownSecret({ secret, publicKey }: EndpointSecret): string | undefined {
  return publicKey === null ? secret : undefined;
}

export function isPair(signature: SignatureForm): boolean {
  return signature === "standard-ed25519";
}
