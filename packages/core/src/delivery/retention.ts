// How long what is over is kept. The store deletes by these rules, and readers are told by them when something will be gone.
import type { Retention } from "../ports/retention.ts";
import type { Instant } from "../ports/time.ts";
import type { Delivery } from "./delivery.ts";

/** From when on a delivery may be deleted, with its attempts and dead letter; null while it is owed, which has no end. */
export function deliveryExpiresAt(
  { status, finishedAt }: Pick<Delivery, "status" | "finishedAt">,
  { deliveriesMs, deadLettersMs }: Pick<Retention, "deliveriesMs" | "deadLettersMs">,
): Instant | null {
  if (finishedAt === null) return null;
  return finishedAt + (status === "dead" ? deadLettersMs : deliveriesMs);
}

/** From when on an event is no longer in the feed. */
export function eventExpiresAt(
  { createdAt }: { readonly createdAt: Instant },
  { eventsMs }: Pick<Retention, "eventsMs">,
): Instant {
  return createdAt + eventsMs;
}
