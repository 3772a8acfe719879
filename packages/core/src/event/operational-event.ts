// What operational events say. They are owed to the endpoints of the tenant that want them, never to the one they tell of.
import type { Delivery } from "../delivery/delivery.ts";
import type { PauseReason } from "../endpoint/endpoint.ts";
import { failingPausesMs } from "../lane/lane-health.ts";
import { formatInstant, type Instant } from "../ports/time.ts";
import { eventBody, operationalEventTypes, type OperationalEventType } from "./event.ts";

export interface OperationalEvent {
  readonly type: OperationalEventType;
  /** Whom it tells of, and who therefore does not hear it; null for an inline callback. */
  readonly about: string | null;
  readonly body: string;
}

interface KnownReceiver {
  readonly id: string;
  /** Without its query. */
  readonly url: string;
}

/** It has failed for `percent` of the time after which it is paused. */
export function endpointFailing(
  endpoint: KnownReceiver,
  told: { readonly percent: number; readonly failingSince: Instant },
  now: Instant,
): OperationalEvent {
  const { percent, failingSince } = told;
  return operational("endpoint.failing", endpoint.id, now, {
    endpointId: endpoint.id,
    url: endpoint.url,
    failingSince: formatInstant(failingSince),
    percent,
    pausedAt: formatInstant(failingSince + failingPausesMs),
  });
}

export function endpointPaused(endpoint: KnownReceiver, reason: PauseReason, now: Instant): OperationalEvent {
  const data = { endpointId: endpoint.id, url: endpoint.url, pausedReason: reason };
  return operational("endpoint.paused", endpoint.id, now, data);
}

/** Null for what is owed of an operational event itself: two receivers that are down would tell of each other for ever. */
export function deliveryDead(
  dead: Pick<
    Delivery,
    | "id"
    | "eventId"
    | "eventType"
    | "jobId"
    | "endpointId"
    | "url"
    | "host"
    | "attempts"
    | "code"
    | "httpStatus"
  >,
  now: Instant,
): OperationalEvent | null {
  const {
    id: deliveryId,
    eventId,
    eventType,
    jobId,
    endpointId,
    url,
    host,
    attempts,
    code,
    httpStatus,
  } = dead;
  if (operationalEventTypes.some((type) => type === eventType)) return null;
  const optional = {
    ...(jobId !== null && { jobId }),
    ...(endpointId !== null && { endpointId }),
    ...(httpStatus !== null && { httpStatus }),
  };
  const data = { deliveryId, eventId, eventType, ...optional, url, host, code, attemptsMade: attempts };
  return operational("delivery.dead", endpointId, now, data);
}

function operational(
  type: OperationalEventType,
  about: string | null,
  now: Instant,
  data: Readonly<Record<string, string | number | null>>,
): OperationalEvent {
  return { type, about, body: eventBody(type, now, JSON.stringify(data)) };
}
