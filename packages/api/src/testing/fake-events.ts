// The fake store's part for events: those of jobs, and the operator's own.
import {
  eventBody,
  jobToJson,
  matchesEvent,
  type Endpoint,
  type Event,
  type JobWithPayloads,
  type Store,
} from "@ringback/core";

export interface FakeEvents {
  readonly events: Event[];
  /** The ids of those that some receiver has taken. */
  readonly taken: Set<string>;
  readonly acceptEvents: Store["intake"]["acceptEvents"];
  readonly takenEvents: Store["reads"]["takenEvents"];
}

interface House {
  readonly endpoints: ReadonlyMap<string, Endpoint>;
  readonly told: (tenantId: string) => void;
}

export function createFakeEvents(house: House): FakeEvents {
  const keysUsed = new Map<
    string,
    { requestHash: string; id: string; createdAt: number; deliveries: number }
  >();
  const events: Event[] = [];
  const taken = new Set<string>();
  return {
    events,
    taken,
    acceptEvents: async (items, now) =>
      items.map(({ tenantId, type, data, idempotency }) => {
        const used = keysUsed.get(`${idempotency?.key ?? ""} ${tenantId}`);
        if (used !== undefined && idempotency !== null) {
          const { requestHash, ...told } = used;
          if (requestHash === idempotency.requestHash) return { kind: "replayed", ...told };
          return { kind: "key_reused", requestHash, madeId: told.id };
        }
        const body = eventBody(type, now, data);
        const event = { tenantId, ...placed(events.length + 1), type, jobId: null, body, createdAt: now };
        events.push(event);
        house.told(tenantId);
        const wanting = [...house.endpoints.values()].filter(
          (one) => one.tenantId === tenantId && matchesEvent(one.events, type),
        );
        const told = { id: event.id, createdAt: now, deliveries: wanting.length };
        if (idempotency !== null) {
          keysUsed.set(`${idempotency.key} ${tenantId}`, { requestHash: idempotency.requestHash, ...told });
        }
        return { kind: "accepted", ...told };
      }),
    takenEvents: async (_tenantId, eventIds) => new Set(eventIds.filter((id) => taken.has(id))),
  };
}

/** An event of a job, as it is now, in the feed's place `seq`. */
export function eventOf(job: JobWithPayloads, type: string, seq: number): Event {
  const { tenantId, id: jobId, createdAt } = job;
  const data = jobToJson(job, { resultUrl: null, resultBytesMax: 20_000 });
  return { tenantId, ...placed(seq), type, jobId, body: eventBody(type, createdAt, data), createdAt };
}

function placed(seq: number): Pick<Event, "id" | "seq"> {
  return { id: `evt_${String(seq).padStart(26, "0")}`, seq };
}
