// The headers of one attempt: as they go over the wire, and as they are kept.
import type { ClaimedDelivery } from "@ringback/core";
import { sign, signGithub, signStripe, type SignedContent } from "@ringback/signature";
import { forbiddenHeader, redacted } from "./custom-header.ts";

export interface AttemptHeaders {
  readonly sent: Readonly<Record<string, string>>;
  /** The same, without the values of custom headers: their owner may have put a secret into any of them. */
  readonly kept: Readonly<Record<string, string>>;
}

/** Signs the body for the second that `now` lies in. Throws when a secret cannot sign. */
export function attemptHeaders(
  delivery: ClaimedDelivery,
  options: { readonly body: Uint8Array; readonly userAgent: string; readonly now: number },
): AttemptHeaders {
  const timestampSeconds = Math.floor(options.now / 1_000);
  const content = { id: delivery.eventId, timestampSeconds, body: options.body };
  const sent: Record<string, string> = {
    "content-type": "application/json",
    "user-agent": options.userAgent,
    "accept-encoding": "identity",
    "webhook-id": delivery.eventId,
    "webhook-timestamp": String(timestampSeconds),
    ...signatureHeaders(delivery, content),
    "webhook-attempt": String(delivery.attempt),
  };
  if (delivery.traceparent !== null) sent["traceparent"] = delivery.traceparent;
  const custom = Object.entries(delivery.headers);
  const kept = custom.length === 0 ? sent : { ...sent };
  for (const [name, value] of custom) {
    const lower = name.toLowerCase();
    if (forbiddenHeader(lower) !== null) continue;
    sent[lower] = value;
    kept[lower] = redacted;
  }
  return { sent, kept };
}

/** The id, the time and the number of the attempt are told in every form; the signature in the one that was chosen. */
function signatureHeaders(
  { signature, secrets, eventType, eventId }: ClaimedDelivery,
  content: SignedContent,
): Record<string, string> {
  if (signature === "github") {
    return {
      "x-hub-signature-256": signGithub(content.body, secrets),
      "x-github-event": eventType,
      "x-github-delivery": eventId,
    };
  }
  if (signature === "stripe") return { "stripe-signature": signStripe(content, secrets) };
  return { "webhook-signature": sign(content, secrets) };
}
