// Loads a delivery, saves its next state, and keeps what depends on its status true: the job's counts and the dead letter.
import type { Instant } from "@ringback/core";
import type { Ground } from "../ground.ts";
import type { DeliveryRow } from "../nouns.ts";
import { inserter, rowReader, saver, type RawRow } from "../rows.ts";
import { deadLetter, delivery } from "../schema.ts";
import { countsMoved, deliveryChanging } from "../states.ts";

export interface DeliveryRows {
  find(tenantId: string, deliveryId: string): DeliveryRow | null;
  /** Saves `next`, whose state before was `earlier`. */
  save(next: DeliveryRow, earlier: DeliveryRow): void;
  /** Writes its dead letter, or writes it anew when it has died again. */
  bury(row: DeliveryRow, death: { readonly detail: string | null; readonly now: Instant }): void;
  /** Its dead letter, if it has one, is resolved. */
  resolve(row: DeliveryRow, now: Instant): void;
}

export function createDeliveryRows(ground: Ground): DeliveryRows {
  const { client, effects } = ground;
  const reader = rowReader(delivery);
  const select = client.prepare<[string, string], RawRow>(
    `select ${reader.list} from delivery where tenant_id = ? and id = ?`,
  );
  const save = saver(client, delivery, { set: deliveryChanging, key: ["tenantId", "id"] });
  const count = client.prepare<[number, number, number, number, string, string], RawRow>(
    `update job set deliveries_pending = deliveries_pending + ?, deliveries_delivered = deliveries_delivered + ?,
       deliveries_dead = deliveries_dead + ?, deliveries_canceled = deliveries_canceled + ?, version = version + 1
     where tenant_id = ? and id = ?`,
  );
  const insertDeadLetter = inserter(
    client,
    deadLetter,
    `on conflict (tenant_id, delivery_id) do update set reason = excluded.reason, http_status = excluded.http_status,
       detail = excluded.detail, died_at = excluded.died_at, resolved_at = null`,
  );
  const resolve = client.prepare<[Instant, string, string]>(
    `update dead_letter set resolved_at = ? where tenant_id = ? and delivery_id = ? and resolved_at is null`,
  );
  return {
    find(tenantId, deliveryId) {
      const raw = select.get(tenantId, deliveryId);
      return raw === undefined ? null : reader.read(raw);
    },
    save(next, earlier) {
      save(next);
      if (!next.forCallback || next.jobId === null || next.status === earlier.status) return;
      const { pending, delivered, dead, canceled } = countsMoved(earlier.status, next.status);
      count.run(pending, delivered, dead, canceled, next.tenantId, next.jobId);
      effects.jobChanged(next.tenantId, next.jobId);
    },
    bury(row, { detail, now }) {
      const { tenantId, id: deliveryId, code, httpStatus } = row;
      const reason = code ?? "outcome_unknown";
      insertDeadLetter({ tenantId, deliveryId, reason, httpStatus, detail, diedAt: now });
    },
    resolve: ({ tenantId, id }, now) => void resolve.run(now, tenantId, id),
  };
}
