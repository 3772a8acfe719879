// Drafts an event and what is owed for it: one delivery per receiver, and the rings of their lanes.
import { makeId, type Instant } from "@ringback/core";
import type { NewEventRow } from "../draft.ts";
import type { Ground } from "../ground.ts";
import { newDelivery, type Receiver } from "../states.ts";

/** The event's id. */
export function draftEvent(
  { draft, effects, random }: Ground,
  event: Pick<NewEventRow, "tenantId" | "type" | "jobId" | "body">,
  told: { readonly receivers: readonly Receiver[]; readonly now: Instant },
): string {
  const { tenantId } = event;
  const { receivers, now } = told;
  const id = makeId("evt", now, random);
  draft.insertEvent({ ...event, id, createdAt: now, taken: false });
  effects.eventWritten(tenantId);
  for (const receiver of receivers) {
    const lane = { tenantId, laneId: receiver.laneId };
    // An endpoint's lane is made with the endpoint; a callback's with the first delivery to its origin.
    if (receiver.endpointId === null) draft.makeLane(lane, receiver);
    draft.insertDelivery(newDelivery({ ...event, id }, receiver, { id: makeId("dlv", now, random), now }));
    draft.laneSooner(lane, now);
  }
  return id;
}
