// What the support desk decides about dead letters: that one need not arrive, and what it writes to itself about one.
import type { Act, DeadLetterState, Instant } from "@ringback/core";
import type { Ground } from "../ground.ts";
import type { DeliveryKey } from "./attempts.ts";
import { sendAudit } from "./audit.ts";

const lock = `select state from dead_letter where tenant_id = $1 and delivery_id = $2 for no key update`;
const setDiscarded = `update dead_letter set state = 'discarded', discarded_at = $3, discard_reason = $4
  where tenant_id = $1 and delivery_id = $2`;
const setNote = "update dead_letter set note = $3 where tenant_id = $1 and delivery_id = $2 returning 1";

export async function discard(
  ground: Ground,
  { tenantId, deliveryId }: DeliveryKey,
  { reason, now, act }: { readonly reason: string; readonly now: Instant; readonly act: Act | undefined },
): Promise<"discarded" | "resolved" | null> {
  const { transaction } = ground;
  const [letter] = await transaction.ask<{ state: DeadLetterState }>(lock, [tenantId, deliveryId]);
  if (letter?.state !== "open") return letter?.state ?? null;
  transaction.send(setDiscarded, [tenantId, deliveryId, now, reason]);
  sendAudit(ground, [{ tenantId, action: "dead_letter.discarded", subject: deliveryId }], act, now);
  return "discarded";
}

export async function noteDeadLetter(
  ground: Ground,
  { tenantId, deliveryId }: DeliveryKey,
  { note, now, act }: { readonly note: string | null; readonly now: Instant; readonly act: Act | undefined },
): Promise<boolean> {
  const written = await ground.transaction.ask(setNote, [tenantId, deliveryId, note]);
  if (written.length === 0) return false;
  const details = { note };
  sendAudit(ground, [{ tenantId, action: "dead_letter.noted", subject: deliveryId, details }], act, now);
  return true;
}
