// What one transaction of the retention takes on: which deliveries are over, and how many of them and of the events fit.
import { deliveryExpiresAt, type DeliveryStatus, type Expiry, type Instant } from "@ringback/core";

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

export const finalStatuses = ["delivered", "canceled", "dead"] as const;

/** Until when what is in each final status must have finished to be over. What is pending never is. */
export function overSince({ now, retention }: Expiry): readonly FinishedUntil[] {
  return finalStatuses.map((status) => ({
    status,
    until: now - (deliveryExpiresAt({ status, finishedAt: 0 }, retention) ?? 0),
  }));
}

/** Until when what is in each final status must have finished for its bodies to be erased; without what is deleted by then. */
export function bodiesOverSince(expiry: Expiry): readonly FinishedUntil[] {
  const until = expiry.now - expiry.retention.attemptBodiesMs;
  return overSince(expiry).flatMap((over) => (over.until < until ? [{ ...over, until }] : []));
}

export interface FinishedUntil {
  readonly status: DeliveryStatus;
  readonly until: Instant;
}

/** A delivery whose bodies are to be erased. */
export interface FinishedDelivery {
  readonly tenantId: string;
  readonly id: string;
  readonly finishedAt: Instant;
}

/**
 * Of deliveries in the order in which they finished, `limit` at most, those up to which none is left out: a mark that says
 * how far this has come must not stand between two that finished at the same moment. Null when all finished at one moment.
 */
export function upToMark(
  finished: readonly FinishedDelivery[],
  limit: number,
): { readonly taken: readonly FinishedDelivery[]; readonly mark: Instant } | null {
  const last = finished.at(-1);
  if (last === undefined) return { taken: [], mark: 0 };
  if (finished.length < limit) return { taken: finished, mark: last.finishedAt };
  const taken = finished.filter(({ finishedAt }) => finishedAt < last.finishedAt);
  const mark = taken.at(-1)?.finishedAt;
  return mark === undefined ? null : { taken, mark };
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
