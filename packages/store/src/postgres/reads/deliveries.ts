// Reads of deliveries, their attempts and dead letters. Twin file: byte-identical for every dialect.
import { and, asc, desc, eq, gte, inArray, isNull, lt, sql, type SQL } from "drizzle-orm";
import type { Attempt, DeliveryFilter, ReadStore } from "@ringback/core";
import type { Database } from "../columns.ts";
import { attemptOf, deadLetterOf, deliveryOf, type DeliveryRow } from "../nouns.ts";
import { attempt, deadLetter, delivery, lane } from "../schema.ts";
import { isAfter, pageOf } from "./paging.ts";

export type DeliveryReads = Pick<
  ReadStore,
  "getDelivery" | "listDeliveries" | "getDeadLetter" | "listDeadLetters"
>;

export function createDeliveryReads(database: Database): DeliveryReads {
  const itsLane = and(eq(lane.tenantId, delivery.tenantId), eq(lane.id, delivery.laneId));
  const itsDelivery = and(eq(delivery.tenantId, deadLetter.tenantId), eq(delivery.id, deadLetter.deliveryId));

  /** Null when the delivery has been deleted since it was read: attempts only ever go together with it. */
  async function attemptsOf({ tenantId, id, attempts: made }: DeliveryRow): Promise<Attempt[] | null> {
    const rows = await database
      .select()
      .from(attempt)
      .where(and(eq(attempt.tenantId, tenantId), eq(attempt.deliveryId, id)))
      .orderBy(asc(attempt.n));
    return rows.length < made ? null : rows.map(attemptOf);
  }

  return {
    async getDelivery(tenantId, deliveryId) {
      const [found] = await database
        .select({ row: delivery, paused: lane.paused })
        .from(delivery)
        .leftJoin(lane, itsLane)
        .where(and(eq(delivery.tenantId, tenantId), eq(delivery.id, deliveryId)));
      const attempts = found === undefined ? null : await attemptsOf(found.row);
      if (found === undefined || attempts === null) return null;
      return { delivery: deliveryOf(found.row, found.paused ?? false), attempts };
    },
    async listDeliveries(tenantId, filter, page) {
      const rows = await database
        .select({ row: delivery, paused: lane.paused })
        .from(delivery)
        .leftJoin(lane, itsLane)
        .where(
          and(
            eq(delivery.tenantId, tenantId),
            ...matches(filter),
            filter.code === undefined ? undefined : sql`${delivery.code} = ${filter.code}`,
            filter.httpStatus === undefined ? undefined : eq(delivery.httpStatus, filter.httpStatus),
            filter.from === undefined ? undefined : gte(delivery.createdAt, filter.from),
            filter.until === undefined ? undefined : lt(delivery.createdAt, filter.until),
            isAfter(page, delivery.createdAt, delivery.id),
          ),
        )
        .orderBy(desc(delivery.createdAt), desc(delivery.id))
        .limit(page.limit + 1);
      return pageOf(rows, page.limit, {
        item: ({ row, paused }) => deliveryOf(row, paused ?? false),
        position: ({ row }) => ({ at: row.createdAt, id: row.id }),
      });
    },
    async getDeadLetter(tenantId, deliveryId) {
      const [found] = await database
        .select({ letter: deadLetter, row: delivery, paused: lane.paused })
        .from(deadLetter)
        .innerJoin(delivery, itsDelivery)
        .leftJoin(lane, itsLane)
        .where(and(eq(deadLetter.tenantId, tenantId), eq(deadLetter.deliveryId, deliveryId)));
      const attempts = found === undefined ? null : await attemptsOf(found.row);
      if (found === undefined || attempts === null) return null;
      const { letter, row, paused } = found;
      return { deadLetter: deadLetterOf(letter, deliveryOf(row, paused ?? false)), attempts };
    },
    async listDeadLetters(tenantId, filter, page) {
      const rows = await database
        .select({ letter: deadLetter, row: delivery, paused: lane.paused })
        .from(deadLetter)
        .innerJoin(delivery, itsDelivery)
        .leftJoin(lane, itsLane)
        .where(
          and(
            eq(deadLetter.tenantId, tenantId),
            isNull(deadLetter.resolvedAt),
            ...matches(filter),
            filter.code === undefined ? undefined : sql`${deadLetter.reason} = ${filter.code}`,
            filter.httpStatus === undefined ? undefined : eq(deadLetter.httpStatus, filter.httpStatus),
            filter.from === undefined ? undefined : gte(deadLetter.diedAt, filter.from),
            filter.until === undefined ? undefined : lt(deadLetter.diedAt, filter.until),
            isAfter(page, deadLetter.diedAt, deadLetter.deliveryId),
          ),
        )
        .orderBy(desc(deadLetter.diedAt), desc(deadLetter.deliveryId))
        .limit(page.limit + 1);
      return pageOf(rows, page.limit, {
        item: ({ letter, row, paused }) => deadLetterOf(letter, deliveryOf(row, paused ?? false)),
        position: ({ letter }) => ({ at: letter.diedAt, id: letter.deliveryId }),
      });
    },
  };
}

function matches({ status, endpointId, jobId, host }: DeliveryFilter): (SQL | undefined)[] {
  return [
    status === undefined ? undefined : inArray(delivery.status, [...status]),
    endpointId === undefined ? undefined : eq(delivery.endpointId, endpointId),
    jobId === undefined ? undefined : eq(delivery.jobId, jobId),
    host === undefined ? undefined : eq(delivery.host, host),
  ];
}
