// Tells an operator's own events, each once for its idempotency key, to every endpoint that wants their type.
import { eventBody, type AcceptedEvent, type EventAcceptance, type Instant } from "@ringback/core";
import { eventKeyRow, useOfKey } from "../../event-key.ts";
import type { Ground } from "../ground.ts";
import { endpointReceiver } from "../states.ts";
import { createEvents } from "./events.ts";
import { createKeyRows } from "./key-rows.ts";

export interface EventIntakeTransitions {
  acceptEvents(items: readonly EventAcceptance[], now: Instant): AcceptedEvent[];
}

export function createEventIntake(ground: Ground): EventIntakeTransitions {
  const keys = createKeyRows(ground);
  const events = createEvents(ground);

  function accept(item: EventAcceptance, now: Instant): AcceptedEvent {
    const { tenantId, type, data, idempotency } = item;
    const used = idempotency === null ? null : keys.find(tenantId, idempotency.key, now);
    if (used !== null) return useOfKey(used, item);
    const receivers = ground.endpoints.wanting(tenantId, type).map((known) => endpointReceiver(known, false));
    const body = eventBody(type, now, data);
    const id = events.write({ tenantId, type, jobId: null, body }, receivers, now);
    const told = { id, createdAt: now, deliveries: receivers.length };
    const key = eventKeyRow(item, told);
    if (key !== null) keys.take(key);
    return { kind: "accepted", ...told };
  }

  return { acceptEvents: (items, now) => items.map((item) => accept(item, now)) };
}
