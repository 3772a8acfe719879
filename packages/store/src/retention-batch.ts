// What one transaction of the retention takes on: which deliveries are over, and how many of them and of the events fit.
import type { DeliveryStatus, Expiry, Instant } from "@ringback/core";

/** A delivery that its time is over for. */
export interface OverDelivery {
  readonly tenantId: string;
  readonly id: string;
  readonly eventId: string;
  readonly attempts: number;
}

/** An event that follows the last one that was taken out of the feed. */
export interface ToldEvent {
  readonly tenantId: string;
  readonly seq: number;
  readonly createdAt: Instant;
  /** True while a delivery needs it, finished or not. */
  readonly needed: boolean;
}

/** Until when what is in each final status must have finished to be over. What is pending never is. */
export function overSince({
  now,
  retention,
}: Expiry): readonly { readonly status: DeliveryStatus; readonly until: Instant }[] {
  const { deliveriesMs, deadLettersMs } = retention;
  return [
    { status: "delivered", until: now - deliveriesMs },
    { status: "canceled", until: now - deliveriesMs },
    { status: "dead", until: now - deadLettersMs },
  ];
}

/** The first of them whose rows, their attempts included, make up `limit`; the last one may exceed it. */
export function withinLimit(
  over: readonly OverDelivery[],
  limit: number,
): { readonly taken: readonly OverDelivery[]; readonly rows: number } {
  let rows = 0;
  const taken: OverDelivery[] = [];
  for (const delivery of over) {
    if (rows >= limit) break;
    taken.push(delivery);
    rows += 1 + delivery.attempts;
  }
  return { taken, rows };
}

/**
 * The events that leave the feed now: those up to the first that is younger. The feed loses its beginning, never a part
 * from its middle.
 */
export function leavingFeed(told: readonly ToldEvent[], { now, retention }: Expiry): readonly ToldEvent[] {
  const younger = told.findIndex(({ createdAt }) => createdAt > now - retention.eventsMs);
  return younger === -1 ? told : told.slice(0, younger);
}

/** The last of each tenant's, which is where its feed begins behind. */
export function floorsOf(leaving: readonly ToldEvent[]): readonly ToldEvent[] {
  return [...new Map(leaving.map((event) => [event.tenantId, event])).values()];
}
