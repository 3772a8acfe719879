// Tells operators what happens to deliveries and endpoints: an event for those of the tenant's endpoints that want it.
import {
  deliveryDead,
  endpointFailing,
  endpointPaused,
  makeId,
  type Instant,
  type OperationalEvent,
  type PauseReason,
  type Trigger,
} from "@ringback/core";
import { readEndpointBook } from "../endpoint-book.ts";
import type { Ground } from "../ground.ts";
import type { DeliveryRow } from "../nouns.ts";
import { endpointReceiver, newDelivery, type EndpointBook, type Receiver } from "../states.ts";

/** What there is to tell, as far as the transaction knows it before it has looked at the endpoints. */
export type Telling = { readonly tenantId: string; readonly now: Instant } & (
  | { readonly kind: "died"; readonly row: DeliveryRow }
  | {
      readonly kind: "failing";
      readonly endpointId: string;
      readonly warning: { readonly percent: number; readonly failingSince: Instant };
    }
  | { readonly kind: "paused"; readonly endpointId: string; readonly reason: PauseReason }
);

/** What nobody wants to hear is not written: deaths may be many. */
export async function tellOperators(ground: Ground, tellings: readonly Telling[]): Promise<void> {
  if (tellings.length === 0) return;
  const tenantIds = tellings.map(({ tenantId }) => tenantId);
  const book = await readEndpointBook(ground.transaction, tenantIds);
  for (const telling of tellings) {
    const { tenantId, now } = telling;
    const told = eventOf(telling, book);
    if (told === null) continue;
    const { type, body, about } = told;
    const wanting = book.wanting(tenantId, type).filter(({ id }) => id !== about);
    if (wanting.length === 0) continue;
    const receivers = wanting.map((known) => endpointReceiver(known, false));
    writeEvent(ground, { tenantId, type, body }, { receivers, now });
  }
}

function eventOf(telling: Telling, book: EndpointBook): OperationalEvent | null {
  const { now, tenantId } = telling;
  if (telling.kind === "died") return deliveryDead(telling.row, now);
  const known = book.find(tenantId, telling.endpointId);
  if (known === undefined) return null;
  return telling.kind === "failing"
    ? endpointFailing(known, telling.warning, now)
    : endpointPaused(known, telling.reason, now);
}

/** An event without a job, and the deliveries that are owed for it. The receivers' lanes are there already. */
export function writeEvent(
  { draft, effects, random }: Ground,
  event: { readonly tenantId: string; readonly type: string; readonly body: string },
  owed: { readonly receivers: readonly Receiver[]; readonly now: Instant; readonly trigger?: Trigger },
): DeliveryRow[] {
  const { tenantId, type, body } = event;
  const { receivers, now, trigger = "auto" } = owed;
  const id = makeId("evt", now, random);
  draft.insertEvent({ tenantId, id, type, jobId: null, body, createdAt: now, taken: false });
  effects.eventWritten(tenantId);
  return receivers.map((receiver) => {
    const made = { id: makeId("dlv", now, random), now };
    const row = { ...newDelivery({ tenantId, id, type, jobId: null }, receiver, made), trigger };
    draft.insertDelivery(row);
    draft.laneSooner({ tenantId, laneId: receiver.laneId }, now);
    return row;
  });
}
