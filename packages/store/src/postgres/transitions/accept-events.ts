// Tells an operator's own events, each once for its idempotency key, to every endpoint that wants their type.
import { eventBody, type AcceptedEvent, type EventAcceptance } from "@ringback/core";
import { eventKeyRow, useOfKey } from "../../event-key.ts";
import { keyOf } from "../draft.ts";
import { readEndpointBook } from "../endpoint-book.ts";
import type { Ground } from "../ground.ts";
import { endpointReceiver } from "../states.ts";
import type { AtTime } from "../at-time.ts";
import { draftEvent } from "./draft-event.ts";
import { sendKeys, usedKeys, type KeyRow } from "./used-keys.ts";

export async function acceptEvents(
  ground: Ground,
  items: readonly AtTime<EventAcceptance>[],
): Promise<AcceptedEvent[]> {
  const { transaction, draft } = ground;
  const asked = items.map(({ item }) => item);
  const [used, endpoints] = await Promise.all([
    usedKeys(transaction, asked),
    readEndpointBook(
      transaction,
      asked.map(({ tenantId }) => tenantId),
    ),
  ]);
  const keys: KeyRow[] = [];

  function accept({ item, now }: AtTime<EventAcceptance>): AcceptedEvent {
    const { tenantId, type, data, idempotency } = item;
    const known = idempotency === null ? undefined : used.get(keyOf(tenantId, idempotency.key));
    if (known !== undefined && known.expiresAt > now) return useOfKey(known, item);
    const receivers = endpoints.wanting(tenantId, type).map((one) => endpointReceiver(one, false));
    const body = eventBody(type, now, data);
    const id = draftEvent(ground, { tenantId, type, jobId: null, body }, { receivers, now });
    const told = { id, createdAt: now, deliveries: receivers.length };
    const key = eventKeyRow(item, told);
    if (key !== null) {
      keys.push(key);
      used.set(keyOf(tenantId, key.key), key);
    }
    return { kind: "accepted", ...told };
  }

  const answers = items.map(accept);
  if (keys.length > 0) draft.thenSend(() => sendKeys(transaction, keys));
  return answers;
}
