// Reads of dead letters, singly, in lists and by cause. Twin file: byte-identical for every dialect.
import { and, count, desc, eq, gte, inArray, lt, max, min, sql, type SQL } from "drizzle-orm";
import {
  isFilteredLetter,
  isSelected,
  type DeadLetter,
  type DeadLetterFilter,
  type ListPosition,
  type ReadStore,
  type Selectable,
} from "@ringback/core";
import type { Column, Database } from "../columns.ts";
import { deadLetterOf, deliveryOf, type DeadLetterRow, type DeliveryRow } from "../nouns.ts";
import { deadLetter, delivery, lane } from "../schema.ts";
import { itsLane, readAttempts } from "./deliveries.ts";
import { isAfter } from "./paging.ts";
import { filteredPage, leadOf, lookedUp, pageOfFew, withTextAsFilter, type LeadName } from "./selection.ts";

export type DeadLetterReads = Pick<ReadStore, "getDeadLetter" | "listDeadLetters" | "groupDeadLetters">;

export const itsDelivery = and(
  eq(delivery.tenantId, deadLetter.tenantId),
  eq(delivery.id, deadLetter.deliveryId),
);

export function createDeadLetterReads(database: Database): DeadLetterReads {
  return {
    async getDeadLetter(tenantId, deliveryId) {
      const [found] = await database
        .select({ letter: deadLetter, row: delivery, paused: lane.paused })
        .from(deadLetter)
        .innerJoin(delivery, itsDelivery)
        .leftJoin(lane, itsLane)
        .where(and(eq(deadLetter.tenantId, tenantId), eq(deadLetter.deliveryId, deliveryId)));
      const attempts = found === undefined ? null : await readAttempts(database, found.row);
      if (found === undefined || attempts === null) return null;
      const { letter, row, paused } = found;
      return { deadLetter: deadLetterOf(letter, deliveryOf(row, paused ?? false)), attempts };
    },
    async listDeadLetters(tenantId, asked, page) {
      const filter = withTextAsFilter(asked);
      if (filter === null) return { items: [], next: null };
      const list = {
        matches: (item: DeadLetter) => isFilteredLetter(filter, item),
        positionOf: ({ diedAt: at, delivery: { id } }: DeadLetter) => ({ at, id }),
      };
      const rowsWhere = wholeLetters(database, tenantId);
      const column = lookedUp(filter.text);
      if (column !== null) {
        const few = await rowsWhere(and(eq(delivery.tenantId, tenantId), eq(column, filter.text)));
        return pageOfFew(list, page, few.map(letterIn));
      }
      const { state = "open", ...others } = filter;
      const { name, walks } = leadOf(others, leads);
      const along = (after: ListPosition | null) =>
        and(
          eq(deadLetter.state, state),
          name === null ? undefined : sql`${leadColumns[name]} = ${others[name]}`,
          ...within(filter),
          isAfter({ after }, deadLetter.diedAt, deadLetter.deliveryId),
        );
      if (!walks || filter.status !== undefined || filter.text !== undefined) {
        const read = async (after: ListPosition | null, limit: number) => {
          const rows = await rowsWhere(along(after))
            .orderBy(desc(deadLetter.diedAt), desc(deadLetter.deliveryId))
            .limit(limit);
          return rows.map(letterIn);
        };
        return filteredPage({ ...list, read }, page, walks);
      }
      // What the dead letter's own row knows is compared there, and only what is found is read whole.
      const read = ownLetters(database, tenantId, along);
      const matches = (own: OwnRow) => isSelected(filter, selectableOf(own));
      const own = await filteredPage(
        { read, matches, positionOf: ({ at, id }) => ({ at, id }) },
        page,
        walks,
      );
      if (own.items.length === 0) return { items: [], next: own.next };
      const ids = own.items.map(({ id }) => id);
      const rows = await rowsWhere(inArray(deadLetter.deliveryId, ids));
      const places = new Map(ids.map((id, at) => [id, at]));
      const placeOf = ({ delivery: { id } }: DeadLetter): number => places.get(id) ?? 0;
      const items = rows.map(letterIn).filter(list.matches);
      return { items: items.toSorted((one, other) => placeOf(one) - placeOf(other)), next: own.next };
    },
    async groupDeadLetters(tenantId, filter, limit) {
      const { host, reason, httpStatus } = deadLetter;
      const rows = await database
        .select({
          host,
          code: reason,
          httpStatus,
          count: count(),
          firstAt: min(deadLetter.diedAt),
          lastAt: max(deadLetter.diedAt),
          sampleId: max(deadLetter.deliveryId),
        })
        .from(deadLetter)
        .where(and(eq(deadLetter.tenantId, tenantId), eq(deadLetter.state, "open"), ...letterMatches(filter)))
        .groupBy(host, reason, httpStatus)
        .limit(limit);
      return rows.map(({ firstAt, lastAt, sampleId, ...group }) => ({
        ...group,
        firstAt: firstAt ?? 0,
        lastAt: lastAt ?? 0,
        sampleId: sampleId ?? "",
      }));
    },
  };
}

const leadColumns = {
  jobId: deadLetter.jobId,
  endpointId: deadLetter.endpointId,
  host: deadLetter.host,
  httpStatus: deadLetter.httpStatus,
  code: deadLetter.reason,
  status: delivery.status,
} as const satisfies Record<LeadName, Column>;

/** The delivery's status stands in another row, which no index of dead letters knows. */
const leads = ["jobId", "endpointId", "host", "httpStatus", "code"] as const satisfies readonly LeadName[];

/** What is compared of a dead letter without its delivery. */
const ownColumns = {
  id: deadLetter.deliveryId,
  at: deadLetter.diedAt,
  host: deadLetter.host,
  reason: deadLetter.reason,
  httpStatus: deadLetter.httpStatus,
  endpointId: deadLetter.endpointId,
  jobId: deadLetter.jobId,
} as const;

type OwnRow = Pick<DeadLetterRow, "host" | "reason" | "httpStatus" | "endpointId" | "jobId"> & ListPosition;

/** Where no text is looked for, in which the event's id and the URL would be. */
function selectableOf({ at, reason, httpStatus, ...own }: OwnRow): Selectable {
  return { delivery: { ...own, eventId: "", url: "" }, reason, httpStatus, at };
}

type Along = (after: ListPosition | null) => SQL | undefined;

/** Dead letters without their deliveries, the last to die first. */
function ownLetters(database: Database, tenantId: string, along: Along) {
  return (after: ListPosition | null, limit: number): PromiseLike<readonly OwnRow[]> =>
    database
      .select(ownColumns)
      .from(deadLetter)
      .where(and(eq(deadLetter.tenantId, tenantId), along(after)))
      .orderBy(desc(deadLetter.diedAt), desc(deadLetter.deliveryId))
      .limit(limit);
}

/** Dead letters with their deliveries, in no order. */
function wholeLetters(database: Database, tenantId: string) {
  return (condition: SQL | undefined) =>
    database
      .select({ letter: deadLetter, row: delivery, paused: lane.paused })
      .from(deadLetter)
      .innerJoin(delivery, itsDelivery)
      .leftJoin(lane, itsLane)
      .where(and(eq(deadLetter.tenantId, tenantId), condition));
}

function letterIn({
  letter,
  row,
  paused,
}: {
  readonly letter: DeadLetterRow;
  readonly row: DeliveryRow;
  readonly paused: boolean | null;
}): DeadLetter {
  return deadLetterOf(letter, deliveryOf(row, paused ?? false));
}

/** What the dead letter's own row knows; a text and the delivery's status are not of it. */
export function letterMatches(filter: DeadLetterFilter): (SQL | undefined)[] {
  const { endpointId, jobId, host, code, httpStatus } = filter;
  return [
    endpointId === undefined ? undefined : eq(deadLetter.endpointId, endpointId),
    jobId === undefined ? undefined : eq(deadLetter.jobId, jobId),
    host === undefined ? undefined : eq(deadLetter.host, host),
    code === undefined ? undefined : eq(deadLetter.reason, code),
    httpStatus === undefined ? undefined : eq(deadLetter.httpStatus, httpStatus),
    ...within(filter),
  ];
}

function within({ from, until }: DeadLetterFilter): (SQL | undefined)[] {
  return [
    from === undefined ? undefined : gte(deadLetter.diedAt, from),
    until === undefined ? undefined : lt(deadLetter.diedAt, until),
  ];
}
