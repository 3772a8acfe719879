// Reads of deliveries and their attempts. Twin file: byte-identical for every dialect.
import { and, asc, desc, eq, gte, lt, sql, type SQL } from "drizzle-orm";
import {
  isFiltered,
  type Attempt,
  type Delivery,
  type DeliveryFilter,
  type ListPosition,
  type ReadStore,
} from "@ringback/core";
import type { Database } from "../columns.ts";
import { attemptOf, deliveryOf, type DeliveryRow } from "../nouns.ts";
import { attempt, delivery, lane } from "../schema.ts";
import { isAfter } from "./paging.ts";
import { filteredPage, leadOf, lookedUp, pageOfFew, withTextAsFilter, type LeadName } from "./selection.ts";

export type DeliveryReads = Pick<ReadStore, "getDelivery" | "listDeliveries">;

export const itsLane = and(eq(lane.tenantId, delivery.tenantId), eq(lane.id, delivery.laneId));

/** Null when the delivery has been deleted since it was read: attempts only ever go together with it. */
export async function readAttempts(
  database: Database,
  { tenantId, id, attempts: made }: DeliveryRow,
): Promise<Attempt[] | null> {
  const rows = await database
    .select()
    .from(attempt)
    .where(and(eq(attempt.tenantId, tenantId), eq(attempt.deliveryId, id)))
    .orderBy(asc(attempt.n));
  return rows.length < made ? null : rows.map(attemptOf);
}

export function createDeliveryReads(database: Database): DeliveryReads {
  return {
    async getDelivery(tenantId, deliveryId) {
      const [found] = await database
        .select({ row: delivery, paused: lane.paused })
        .from(delivery)
        .leftJoin(lane, itsLane)
        .where(and(eq(delivery.tenantId, tenantId), eq(delivery.id, deliveryId)));
      const attempts = found === undefined ? null : await readAttempts(database, found.row);
      if (found === undefined || attempts === null) return null;
      return { delivery: deliveryOf(found.row, found.paused ?? false), attempts };
    },
    async listDeliveries(tenantId, asked, page) {
      const filter = withTextAsFilter(asked);
      if (filter === null) return { items: [], next: null };
      const list = {
        matches: (item: Delivery) => isFiltered(filter, item),
        positionOf: ({ createdAt: at, id }: Delivery) => ({ at, id }),
      };
      const rowsWhere = (condition: SQL | undefined) =>
        database
          .select({ row: delivery, paused: lane.paused })
          .from(delivery)
          .leftJoin(lane, itsLane)
          .where(and(eq(delivery.tenantId, tenantId), condition));
      const column = lookedUp(filter.text);
      if (column !== null) {
        const few = await rowsWhere(eq(column, filter.text));
        return pageOfFew(list, page, few.map(deliveryIn));
      }
      const { name, walks } = leadOf(filter, leads(filter));
      const along = and(
        name === null ? undefined : isLed(name, filter),
        filter.from === undefined ? undefined : gte(delivery.createdAt, filter.from),
        filter.until === undefined ? undefined : lt(delivery.createdAt, filter.until),
      );
      const read = async (after: ListPosition | null, limit: number) => {
        const rows = await rowsWhere(and(along, isAfter({ after }, delivery.createdAt, delivery.id)))
          .orderBy(desc(delivery.createdAt), desc(delivery.id))
          .limit(limit);
        return rows.map(deliveryIn);
      };
      return filteredPage({ ...list, read }, page, walks);
    },
  };
}

function deliveryIn({
  row,
  paused,
}: {
  readonly row: DeliveryRow;
  readonly paused: boolean | null;
}): Delivery {
  return deliveryOf(row, paused ?? false);
}

/** Answers of less than 300 have no index: they are most of all rows. Several statuses lead along nothing. */
function leads({ httpStatus = 0, status = [] }: DeliveryFilter): readonly LeadName[] {
  const names: LeadName[] = ["jobId", "endpointId", "host"];
  if (httpStatus >= 300) names.push("httpStatus");
  names.push("code");
  if (status.length === 1) names.push("status");
  return names;
}

function isLed(name: LeadName, { status, ...filter }: DeliveryFilter): SQL | undefined {
  const value = name === "status" ? status?.[0] : filter[name];
  const led = sql`${delivery[name]} = ${value}`;
  // Said again for the index, which holds no others.
  return name === "httpStatus" ? and(led, sql`${delivery.httpStatus} >= 300`) : led;
}
