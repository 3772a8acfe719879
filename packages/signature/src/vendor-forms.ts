// The signatures of two vendors, for receivers that verify with these vendors' libraries. What signs is the secret's whole
// text, `whsec_` included, as it was shown: that is what their libraries are given.
import { createHmac } from "node:crypto";

/**
 * GitHub's `X-Hub-Signature-256`: `sha256=` and the hex HMAC-SHA256 of the body alone. It has room for one signature, which
 * is the newest secret's. Throws a TypeError without a secret.
 */
export function signGithub(body: string | Uint8Array, secrets: readonly string[]): string {
  const [newest] = secrets;
  if (newest === undefined) throw new TypeError("a webhook needs at least one secret");
  return `sha256=${createHmac("sha256", newest).update(body).digest("hex")}`;
}

/**
 * Stripe's `Stripe-Signature`: `t=` and the seconds, then a `v1=` per secret with the hex HMAC-SHA256 of `t.body`. Throws a
 * TypeError without a secret.
 */
export function signStripe(
  content: { readonly timestampSeconds: number; readonly body: string | Uint8Array },
  secrets: readonly string[],
): string {
  const { timestampSeconds, body } = content;
  if (secrets.length === 0) throw new TypeError("a webhook needs at least one secret");
  const signatures = secrets.map((secret) => {
    const hmac = createHmac("sha256", secret).update(`${timestampSeconds}.`).update(body);
    return `v1=${hmac.digest("hex")}`;
  });
  return [`t=${timestampSeconds}`, ...signatures].join(",");
}
