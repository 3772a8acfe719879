// What a transaction is going to write, gathered row by row and sent as one statement per table, always in the same order.
//
// Locks are taken in one order everywhere, so that transactions wait for each other instead of deadlocking: jobs, lanes,
// deliveries, endpoints, and last the feed. The feed's lock is held until the commit, so nothing that waits comes after it.
import { isDone, type Instant, type Ring } from "@ringback/core";
import { countsMoved } from "../counts-moved.ts";
import type { Effects, Gathered } from "../effects.ts";
import type { AttemptRow, DeliveryRow, EventRow, JobRow } from "./nouns.ts";
import { inserter, saver, type RowsStatement } from "./rows.ts";
import { attempt, deadLetter, delivery, event, job, jobInput, jobResult } from "./schema.ts";
import { deliveryChanging } from "./attempt-states.ts";
import { jobChanging } from "./states.ts";
import { sendFeedLock } from "./feed-lock.ts";
import { sendCounts } from "./job-counts.ts";
import { createLaneDraft, type LaneDraft } from "./lane-draft.ts";
import type { Transaction, Witness } from "./transaction.ts";

/** A statement that rings from inside the transaction, so that the ring is committed with its reason. */
export type RingStatement = (
  rings: readonly Ring[],
) => { readonly text: string; readonly values: readonly unknown[] } | null;

export type NewEventRow = Omit<EventRow, "seq">;

export interface Draft extends LaneDraft {
  insertJob(row: JobRow, input: string | null): void;
  /** Saves `next`, whose state before was `earlier`; counts the job as ended when this ends it. */
  saveJob(next: JobRow, earlier: JobRow | undefined): void;
  insertResult(row: typeof jobResult.$inferInsert): void;
  insertEvent(row: NewEventRow): void;
  insertDelivery(row: DeliveryRow): void;
  /** Saves `next`, whose state before was `earlier`, and what its job counts of it. */
  saveDelivery(next: DeliveryRow, earlier: DeliveryRow): void;
  /** The delivery as this transaction is going to save it; undefined when it does not. */
  savedDelivery(tenantId: string, deliveryId: string): DeliveryRow | undefined;
  insertAttempt(row: AttemptRow): void;
  /** Writes its dead letter, or writes it anew when it has died again. */
  bury(row: DeliveryRow, death: { readonly detail: string | null; readonly now: Instant }): void;
  /** Its dead letter, if it has one, is resolved. */
  resolve(row: DeliveryRow, now: Instant): void;
  /** Does this after the jobs are sent and before anything else, such as what points at them. */
  thenSend(send: () => void): void;
  /** Sends everything; what is to be told once it is committed. */
  flush(): Promise<Gathered>;
}

const insertJobs = inserter(job);
const insertInputs = inserter(jobInput);
const insertResults = inserter(jobResult);
const insertEvents = inserter(event, { omit: "seq" });
const insertDeliveries = inserter(delivery);
const insertAttempts = inserter(attempt);
const insertDeadLetters = inserter(deadLetter, {
  suffix: `on conflict (tenant_id, delivery_id) do update set reason = excluded.reason,
    http_status = excluded.http_status, detail = excluded.detail, died_at = excluded.died_at, state = 'open',
    resolved_at = null, discarded_at = null, discard_reason = null`,
});
const saveJobs = saver(job, { set: jobChanging, key: ["tenantId", "id"] });
const saveDeliveries = saver(delivery, { set: deliveryChanging, key: ["tenantId", "id"] });
const moveCounts = `update job as t set deliveries_pending = t.deliveries_pending + v.pending,
    deliveries_delivered = t.deliveries_delivered + v.delivered, deliveries_dead = t.deliveries_dead + v.dead,
    deliveries_canceled = t.deliveries_canceled + v.canceled, version = t.version + v.times
  from json_to_recordset($1::json) as v("tenantId" text, "jobId" text, pending bigint, delivered bigint,
    dead bigint, canceled bigint, times bigint)
  where t.tenant_id = v."tenantId" and t.id = v."jobId"`;
// Without a condition on `resolved_at`, so that going through everything unresolved is no way to find one of them.
const resolveLetters = `update dead_letter as t set resolved_at = coalesce(t.resolved_at, v.now), state = 'resolved'
  from json_to_recordset($1::json) as v("tenantId" text, id text, now bigint)
  where t.tenant_id = v."tenantId" and t.delivery_id = v.id`;

interface Moved {
  readonly tenantId: string;
  readonly jobId: string;
  pending: number;
  delivered: number;
  dead: number;
  canceled: number;
  times: number;
}

export function createDraft(
  transaction: Transaction,
  effects: Effects,
  ringStatement: RingStatement | null,
): Draft {
  const lanes = createLaneDraft(transaction, effects);
  const jobs: JobRow[] = [];
  const inputs: (typeof jobInput.$inferInsert)[] = [];
  const saved = new Map<string, JobRow>();
  const results: (typeof jobResult.$inferInsert)[] = [];
  const moved = new Map<string, Moved>();
  const savedDeliveries = new Map<string, DeliveryRow>();
  const attempts: AttemptRow[] = [];
  const letters = new Map<string, typeof deadLetter.$inferInsert>();
  const resolved: { tenantId: string; id: string; now: Instant }[] = [];
  const events: NewEventRow[] = [];
  const deliveries: DeliveryRow[] = [];
  const sends: (() => void)[] = [];
  const accepted = new Map<string, number>();
  const ended = new Map<string, number>();

  const sendRows = <Row>(statement: RowsStatement<Row>, rows: readonly Row[]): void => {
    if (rows.length > 0) transaction.send(statement.text, [statement.spell(rows)]);
  };

  function move(next: DeliveryRow, earlier: DeliveryRow): void {
    const { tenantId, jobId } = next;
    if (!next.forCallback || jobId === null || next.status === earlier.status) return;
    const key = keyOf(tenantId, jobId);
    const sum = moved.get(key) ?? {
      tenantId,
      jobId,
      pending: 0,
      delivered: 0,
      dead: 0,
      canceled: 0,
      times: 0,
    };
    const change = countsMoved(earlier.status, next.status);
    sum.pending += change.pending;
    sum.delivered += change.delivered;
    sum.dead += change.dead;
    sum.canceled += change.canceled;
    sum.times += 1;
    moved.set(key, sum);
    effects.jobChanged(tenantId, jobId);
  }

  function sendChanges(): void {
    sendRows(insertJobs, jobs);
    sendRows(insertInputs, inputs);
    sendCounts(transaction, "accepted", accepted);
    sendRows(saveJobs, [...saved.values()]);
    sendRows(insertResults, results);
    if (moved.size > 0) transaction.send(moveCounts, [JSON.stringify([...moved.values()])]);
    sendRows(saveDeliveries, [...savedDeliveries.values()]);
    sendRows(insertAttempts, attempts);
    sendRows(insertDeadLetters, [...letters.values()]);
    if (resolved.length > 0) transaction.send(resolveLetters, [JSON.stringify(resolved)]);
  }

  /** Something that only this transaction can have written, if there is such a thing. */
  function witness(): Witness | undefined {
    const [[firstAttempt], [firstEvent]] = [attempts, events];
    // An id that its client made may be somebody else's job.
    const firstJob = jobs.find(({ requestHash }) => requestHash === null);
    if (firstJob !== undefined) {
      return {
        text: "select 1 from job where tenant_id = $1 and id = $2",
        values: [firstJob.tenantId, firstJob.id],
      };
    }
    if (firstAttempt !== undefined) {
      const { tenantId, deliveryId, n, id } = firstAttempt;
      const text = "select 1 from attempt where tenant_id = $1 and delivery_id = $2 and n = $3 and id = $4";
      return { text, values: [tenantId, deliveryId, n, id] };
    }
    if (firstEvent === undefined) return undefined;
    return {
      text: "select 1 from event where tenant_id = $1 and id = $2",
      values: [firstEvent.tenantId, firstEvent.id],
    };
  }

  return {
    ...lanes,
    insertJob(row, input) {
      jobs.push(row);
      countOne(accepted, row.tenantId);
      if (input !== null) inputs.push({ tenantId: row.tenantId, jobId: row.id, body: input });
    },
    saveJob(next, earlier) {
      saved.set(keyOf(next.tenantId, next.id), next);
      if (isDone(next.status) && !(earlier !== undefined && isDone(earlier.status))) {
        countOne(ended, next.tenantId);
      }
    },
    insertResult: (row) => void results.push(row),
    insertEvent: (row) => void events.push(row),
    insertDelivery: (row) => void deliveries.push(row),
    saveDelivery(next, earlier) {
      savedDeliveries.set(keyOf(next.tenantId, next.id), next);
      move(next, earlier);
    },
    savedDelivery: (tenantId, deliveryId) => savedDeliveries.get(keyOf(tenantId, deliveryId)),
    insertAttempt: (row) => void attempts.push(row),
    bury({ tenantId, id: deliveryId, code, httpStatus, host, endpointId, jobId }, { detail, now }) {
      const whose = { tenantId, deliveryId, host, endpointId, jobId };
      const death = { state: "open" as const, reason: code ?? "outcome_unknown", httpStatus, detail };
      letters.set(keyOf(tenantId, deliveryId), { ...whose, ...death, diedAt: now });
    },
    resolve: ({ tenantId, id }, now) => void resolved.push({ tenantId, id, now }),
    thenSend: (send) => void sends.push(send),
    async flush() {
      const lists = [jobs, results, attempts, resolved, events, deliveries];
      const maps = [saved, savedDeliveries, letters];
      const writes = lists.some(({ length }) => length > 0) || maps.some(({ size }) => size > 0);
      if (writes || lanes.hasLanes()) transaction.mark(witness());
      sendChanges();
      for (const send of sends) send();
      await lanes.flushLanes();
      const gathered = effects.take();
      const ring = gathered.rings.length === 0 ? null : (ringStatement?.(gathered.rings) ?? null);
      if (ring !== null) transaction.send(ring.text, ring.values);
      if (events.length > 0) sendFeedLock(transaction, events);
      sendCounts(transaction, "ended", ended);
      sendRows(insertEvents, events);
      sendRows(insertDeliveries, deliveries);
      return gathered;
    },
  };
}

function countOne(counts: Map<string, number>, tenantId: string): void {
  counts.set(tenantId, (counts.get(tenantId) ?? 0) + 1);
}

/** Ids hold no spaces, so two keys never look alike. */
export function keyOf(tenantId: string, id: string): string {
  return `${id} ${tenantId}`;
}
