// Tells operators what happens to deliveries and endpoints: an event for those of the tenant's endpoints that want it.
import {
  deliveryDead,
  endpointFailing,
  endpointPaused,
  type Instant,
  type OperationalEvent,
  type PauseReason,
} from "@ringback/core";
import type { Ground } from "../ground.ts";
import type { DeliveryRow, EndpointRow, LaneRow } from "../nouns.ts";
import { endpointReceiver } from "../states.ts";
import { createEvents } from "./events.ts";

export interface Operational {
  died(dead: readonly DeliveryRow[], now: Instant): void;
  warn(
    lane: LaneRow,
    warning: { readonly percent: number; readonly failingSince: Instant },
    now: Instant,
  ): void;
  paused(endpoint: EndpointRow, reason: PauseReason, now: Instant): void;
}

export function createOperational(ground: Ground): Operational {
  const { endpoints } = ground;
  const events = createEvents(ground);

  /** What nobody wants to hear is not written: deaths may be many. */
  function tell(tenantId: string, told: OperationalEvent | null, now: Instant): void {
    if (told === null) return;
    const { type, body, about } = told;
    const wanting = endpoints.wanting(tenantId, type).filter(({ id }) => id !== about);
    if (wanting.length === 0) return;
    const receivers = wanting.map((known) => endpointReceiver(known, false));
    events.write({ tenantId, type, jobId: null, body }, receivers, now);
  }

  return {
    died(dead, now) {
      for (const row of dead) tell(row.tenantId, deliveryDead(row, now), now);
    },
    warn({ tenantId, endpointId }, warning, now) {
      const known = endpointId === null ? undefined : endpoints.find(tenantId, endpointId);
      if (known !== undefined) tell(tenantId, endpointFailing(known, warning, now), now);
    },
    paused({ tenantId, id }, reason, now) {
      const known = endpoints.find(tenantId, id);
      if (known !== undefined) tell(tenantId, endpointPaused(known, reason, now), now);
    },
  };
}
