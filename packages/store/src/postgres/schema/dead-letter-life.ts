// What a dead letter's row knows beside why it died: its state, whose it was, and the indexes that lists, groups and replays go
// by. Twin file: byte-identical for every dialect. Its columns, indexes and checks belong to the table `dead_letter`.
//
// Endpoint, job and host are the delivery's and never change; they stand here too, so that an index can lead to them.
import { deadLetterStates, type DeadLetterState } from "@ringback/core";
import { sql } from "drizzle-orm/sql/sql";
import { check, index, instant, oneOf, partialIndex, text, together, type Column } from "../columns.ts";

export const deadLetterLifeColumns = {
  /** `open → resolved | discarded`; what dies again is open again. */
  state: text("state").$type<DeadLetterState>().notNull().default("open"),
  host: text("host").notNull().default(""),
  endpointId: text("endpoint_id"),
  jobId: text("job_id"),
  discardedAt: instant("discarded_at"),
  discardReason: text("discard_reason"),
  note: text("note"),
};

type Name =
  | "tenantId"
  | "deliveryId"
  | "reason"
  | "httpStatus"
  | "diedAt"
  | "resolvedAt"
  | keyof typeof deadLetterLifeColumns;

export function deadLetterLifeParts(t: Readonly<Record<Name, Column>>) {
  return [
    index("dead_letter_newest").on(t.tenantId, t.state, t.diedAt, t.deliveryId),
    index("dead_letter_of_host").on(t.tenantId, t.state, t.host, t.diedAt, t.deliveryId),
    index("dead_letter_of_code").on(t.tenantId, t.state, t.reason, t.diedAt, t.deliveryId),
    partialIndex(
      "dead_letter_of_http_status",
      [t.tenantId, t.state, t.httpStatus, t.diedAt, t.deliveryId],
      sql`${t.httpStatus} is not null`,
    ),
    partialIndex(
      "dead_letter_of_endpoint",
      [t.tenantId, t.state, t.endpointId, t.diedAt, t.deliveryId],
      sql`${t.endpointId} is not null`,
    ),
    partialIndex(
      "dead_letter_of_job",
      [t.tenantId, t.state, t.jobId, t.diedAt, t.deliveryId],
      sql`${t.jobId} is not null`,
    ),
    // Groups are counted along it, without a look at the rows.
    index("dead_letter_of_cause").on(
      t.tenantId,
      t.state,
      t.host,
      t.reason,
      t.httpStatus,
      t.diedAt,
      t.deliveryId,
    ),
    check("dead_letter_state", oneOf(t.state, deadLetterStates)),
    check("dead_letter_resolved", sql`(${t.state} = 'resolved') = (${t.resolvedAt} is not null)`),
    check("dead_letter_discarded", sql`${t.state} <> 'discarded' or ${t.discardedAt} is not null`),
    check("dead_letter_discard", together(t.discardedAt, t.discardReason)),
  ];
}
