// Writes events and what is owed for them: one delivery per receiver, and the rings of their lanes.
import { makeId, matchesEvent, withoutQuery, type Instant, type JobEventType } from "@ringback/core";
import type { Ground } from "../ground.ts";
import type { JobRow } from "../nouns.ts";
import { inserter } from "../rows.ts";
import { delivery, event } from "../schema.ts";
import { createLaneDue } from "./lane-due.ts";

/** Somebody an event is owed to. */
export interface Receiver {
  /** Null for a job's inline callback. */
  readonly endpointId: string | null;
  readonly laneId: string;
  /** Without its query. */
  readonly url: string;
  readonly host: string;
  /** Owed to the job's own callback, so it is counted on the job. */
  readonly forCallback: boolean;
}

export interface NewEvent {
  readonly tenantId: string;
  readonly type: string;
  readonly jobId: string | null;
  /** The exact text to sign. */
  readonly body: string;
}

export interface Events {
  /** Who is to hear of it: the job's callback, and every endpoint of its tenant that wants the type; none twice. */
  receiversOf(job: JobRow, type: JobEventType): readonly Receiver[];
  write(written: NewEvent, receivers: readonly Receiver[], now: Instant): void;
}

export function createEvents(ground: Ground): Events {
  const { client, endpoints, random, effects } = ground;
  const laneDue = createLaneDue(ground);
  const insertEvent = inserter(client, event);
  const insertDelivery = inserter(client, delivery);

  function callbackReceiver(job: JobRow, type: JobEventType): Receiver | null {
    if (job.callbackEvents === null || !matchesEvent(job.callbackEvents, type)) return null;
    const { callbackEndpointId, callbackUrl, callbackOrigin, callbackHost } = job;
    if (callbackEndpointId !== null) {
      const known = endpoints.find(job.tenantId, callbackEndpointId);
      return known === undefined ? null : endpointReceiver(known, true);
    }
    if (callbackUrl === null || callbackOrigin === null || callbackHost === null) return null;
    const url = withoutQuery(callbackUrl);
    return { endpointId: null, laneId: callbackOrigin, url, host: callbackHost, forCallback: true };
  }

  return {
    receiversOf(job, type) {
      const own = callbackReceiver(job, type);
      const others = endpoints.wanting(job.tenantId, type).filter(({ id }) => id !== own?.endpointId);
      const theirs = others.map((known) => endpointReceiver(known, false));
      return own === null ? theirs : [own, ...theirs];
    },
    write({ tenantId, type, jobId, body }, receivers, now) {
      const id = makeId("evt", now, random);
      insertEvent({ tenantId, id, type, jobId, body, createdAt: now });
      effects.eventWritten(tenantId);
      for (const receiver of receivers) {
        const { endpointId, laneId, url, host, forCallback } = receiver;
        const key = { tenantId, laneId };
        // An endpoint's lane is made with the endpoint; a callback's with the first delivery to its origin.
        if (endpointId === null) laneDue.make(key, receiver);
        insertDelivery({
          tenantId,
          id: makeId("dlv", now, random),
          eventId: id,
          eventType: type,
          jobId,
          endpointId,
          laneId,
          forCallback,
          url,
          host,
          status: "pending",
          dueAt: now,
          trigger: "auto",
          redeliverRequested: false,
          attempts: 0,
          roundFailures: 0,
          createdAt: now,
        });
        laneDue.sooner(key, now);
      }
    },
  };
}

function endpointReceiver(
  known: { readonly id: string; readonly url: string; readonly host: string },
  forCallback: boolean,
): Receiver {
  return { endpointId: known.id, laneId: known.id, url: known.url, host: known.host, forCallback };
}
