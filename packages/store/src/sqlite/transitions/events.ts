// Writes events and what is owed for them: one delivery per receiver, and the rings of their lanes.
import { makeId, type Instant } from "@ringback/core";
import type { Ground } from "../ground.ts";
import { inserter } from "../rows.ts";
import { delivery, event } from "../schema.ts";
import { newDelivery, type Receiver } from "../states.ts";
import { createLaneDue } from "./lane-due.ts";

export interface NewEvent {
  readonly tenantId: string;
  readonly type: string;
  readonly jobId: string | null;
  /** The exact text to sign. */
  readonly body: string;
}

export interface Events {
  /** The event's id. */
  write(written: NewEvent, receivers: readonly Receiver[], now: Instant): string;
}

export function createEvents(ground: Ground): Events {
  const { client, random, effects } = ground;
  const laneDue = createLaneDue(ground);
  const insertEvent = inserter(client, event);
  const insertDelivery = inserter(client, delivery);

  return {
    write({ tenantId, type, jobId, body }, receivers, now) {
      const id = makeId("evt", now, random);
      insertEvent({ tenantId, id, type, jobId, body, createdAt: now, taken: false });
      effects.eventWritten(tenantId);
      for (const receiver of receivers) {
        const key = { tenantId, laneId: receiver.laneId };
        // An endpoint's lane is made with the endpoint; a callback's with the first delivery to its origin.
        if (receiver.endpointId === null) laneDue.make(key, receiver);
        const made = { id: makeId("dlv", now, random), now };
        insertDelivery(newDelivery({ tenantId, id, type, jobId }, receiver, made));
        laneDue.sooner(key, now);
      }
      return id;
    },
  };
}
