// Loads deliveries, saves their next states, and keeps what depends on their statuses true: the jobs' counts and the dead letters.
//
// Everything is written for a whole batch: rows that change alike are one statement with a list of their ids.
import type { Instant } from "@ringback/core";
import { countsMoved, type CountsMoved } from "../../counts-moved.ts";
import type { Ground } from "../ground.ts";
import type { DeliveryRow } from "../nouns.ts";
import { alikeSaver, inserter, rowReader, type RawRow } from "../rows.ts";
import { deadLetter, delivery } from "../schema.ts";
import { deliveryChanging } from "../attempt-states.ts";

/** A delivery's row before and after a change. */
export interface SavedDelivery {
  readonly earlier: DeliveryRow;
  readonly next: DeliveryRow;
}

export interface DeliveryRows {
  find(tenantId: string, deliveryId: string): DeliveryRow | null;
  /** Those of these deliveries that exist, by id. */
  findAll(tenantId: string, deliveryIds: readonly string[]): Map<string, DeliveryRow>;
  /** Saves all of them; none may be named twice. */
  save(saved: readonly SavedDelivery[]): void;
  /** Writes its dead letter, or writes it anew when it has died again. */
  bury(row: DeliveryRow, death: { readonly detail: string | null; readonly now: Instant }): void;
  /** Their dead letters, as far as they have any, are resolved. */
  resolve(rows: readonly DeliveryRow[], now: Instant): void;
}

export function createDeliveryRows(ground: Ground): DeliveryRows {
  const { client, effects } = ground;
  const reader = rowReader(delivery);
  const select = client.prepare<[string, string], RawRow>(
    `select ${reader.list} from delivery where tenant_id = ? and id = ?`,
  );
  const selectAll = client.prepare<[string, string], RawRow>(
    `select ${reader.list} from delivery where tenant_id = ? and id in (select value from json_each(?))`,
  );
  const saveAlike = alikeSaver(client, delivery, deliveryChanging);
  const count = client.prepare<[number, number, number, number, number, string, string]>(
    `update or fail job set deliveries_pending = deliveries_pending + ?, deliveries_delivered = deliveries_delivered + ?,
       deliveries_dead = deliveries_dead + ?, deliveries_canceled = deliveries_canceled + ?, version = version + ?
     where tenant_id = ? and id in (select value from json_each(?))`,
  );
  const insertDeadLetter = inserter(
    client,
    deadLetter,
    `on conflict (tenant_id, delivery_id) do update set reason = excluded.reason, http_status = excluded.http_status,
       detail = excluded.detail, died_at = excluded.died_at, state = 'open', resolved_at = null, discarded_at = null,
       discard_reason = null`,
  );
  const resolve = client.prepare<[Instant, string, string]>(
    `update dead_letter set resolved_at = ?, state = 'resolved'
     where tenant_id = ? and delivery_id in (select value from json_each(?)) and resolved_at is null`,
  );

  /** Counts what has moved on the jobs' rows; jobs of which the same has moved are counted together. */
  function countMoves(saved: readonly SavedDelivery[]): void {
    for (const { tenantId, moved, times, jobIds } of groupMoves(saved)) {
      const { pending, delivered, dead, canceled } = moved;
      count.run(pending, delivered, dead, canceled, times, tenantId, JSON.stringify(jobIds));
      for (const jobId of jobIds) effects.jobChanged(tenantId, jobId);
    }
  }

  return {
    find(tenantId, deliveryId) {
      const raw = select.get(tenantId, deliveryId);
      return raw === undefined ? null : reader.read(raw);
    },
    findAll(tenantId, deliveryIds) {
      const raws = selectAll.all(tenantId, JSON.stringify(deliveryIds));
      return new Map(raws.map(reader.read).map((row) => [row.id, row]));
    },
    save(saved) {
      saveAlike(saved.map(({ next }) => next));
      countMoves(saved);
    },
    bury(row, { detail, now }) {
      const { tenantId, id: deliveryId, code, httpStatus, host, endpointId, jobId } = row;
      const reason = code ?? "outcome_unknown";
      const whose = { tenantId, deliveryId, host, endpointId, jobId };
      insertDeadLetter({ ...whose, state: "open", reason, httpStatus, detail, diedAt: now });
    },
    resolve(rows, now) {
      for (const [tenantId, ofTenant] of Map.groupBy(rows, (row) => row.tenantId)) {
        resolve.run(now, tenantId, JSON.stringify(ofTenant.map(({ id }) => id)));
      }
    },
  };
}

interface MovedJob {
  readonly tenantId: string;
  readonly jobId: string;
  moved: CountsMoved;
  /** How many deliveries moved. */
  times: number;
}

interface MovedAlike extends Omit<MovedJob, "jobId"> {
  readonly jobIds: string[];
}

function groupMoves(saved: readonly SavedDelivery[]): Iterable<MovedAlike> {
  const jobs = new Map<string, MovedJob>();
  for (const { earlier, next } of saved) {
    const { tenantId, jobId } = next;
    if (!next.forCallback || jobId === null || next.status === earlier.status) continue;
    const change = countsMoved(earlier.status, next.status);
    const known = jobs.get(`${jobId} ${tenantId}`);
    if (known === undefined) jobs.set(`${jobId} ${tenantId}`, { tenantId, jobId, moved: change, times: 1 });
    else {
      known.moved = sum(known.moved, change);
      known.times += 1;
    }
  }
  const alike = new Map<string, MovedAlike>();
  for (const { tenantId, jobId, moved, times } of jobs.values()) {
    const { pending, delivered, dead, canceled } = moved;
    const key = `${pending} ${delivered} ${dead} ${canceled} ${times} ${tenantId}`;
    const known = alike.get(key);
    if (known === undefined) alike.set(key, { tenantId, moved, times, jobIds: [jobId] });
    else known.jobIds.push(jobId);
  }
  return alike.values();
}

function sum(left: CountsMoved, right: CountsMoved): CountsMoved {
  return {
    pending: left.pending + right.pending,
    delivered: left.delivered + right.delivered,
    dead: left.dead + right.dead,
    canceled: left.canceled + right.canceled,
  };
}
