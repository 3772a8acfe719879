// What the support desk decides about dead letters: that one need not arrive, and what it writes to itself about one.
import type { SupportStore } from "@ringback/core";
import type { Ground } from "../ground.ts";
import { createAuditRows } from "./audit.ts";

type Answer<Verb extends "discard" | "note"> = Awaited<ReturnType<SupportStore[Verb]>>;

export interface DeadLetterTransitions {
  discard(...options: Parameters<SupportStore["discard"]>): Answer<"discard">;
  note(...options: Parameters<SupportStore["note"]>): Answer<"note">;
}

export function createDeadLetterTransitions(ground: Ground): DeadLetterTransitions {
  const { client } = ground;
  const select = client
    .prepare<[string, string], "open" | "resolved" | "discarded">(
      "select state from dead_letter where tenant_id = ? and delivery_id = ?",
    )
    .pluck();
  const discard = client.prepare<[number, string, string, string]>(
    `update dead_letter set state = 'discarded', discarded_at = ?, discard_reason = ?
     where tenant_id = ? and delivery_id = ?`,
  );
  const write = client.prepare<[string | null, string, string]>(
    "update dead_letter set note = ? where tenant_id = ? and delivery_id = ?",
  );
  const audit = createAuditRows(ground);
  return {
    discard({ tenantId, deliveryId }, reason, now, act) {
      const state = select.get(tenantId, deliveryId) ?? null;
      if (state !== "open") return state;
      discard.run(now, reason, tenantId, deliveryId);
      audit({ tenantId, action: "dead_letter.discarded", subject: deliveryId }, act, now);
      return "discarded";
    },
    note({ tenantId, deliveryId }, note, now, act) {
      if (write.run(note, tenantId, deliveryId).changes === 0) return false;
      audit({ tenantId, action: "dead_letter.noted", subject: deliveryId, details: { note } }, act, now);
      return true;
    },
  };
}
