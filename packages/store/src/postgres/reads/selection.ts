// How lists of deliveries and dead letters are filtered: one filter leads along an index, and the others are compared item by
// item, by core's own judgement. Twin file: byte-identical for every dialect.
//
// Compared are at most `walkedMax` items a page: it then ends where the walk has ended, and says where to go on. So no
// combination of filters costs more than that, however rare what it finds, and none makes a planner sort.
import { or, type SQL } from "drizzle-orm";
import {
  fieldOfText,
  type DeliveryFilter,
  type ListPosition,
  type Page,
  type PageRequest,
} from "@ringback/core";
import { contains, type Column } from "../columns.ts";
import { delivery } from "../schema.ts";

const walkedMax = 2_000;
const walkedAtOnceMax = 500;

export type LeadName = "jobId" | "endpointId" | "host" | "httpStatus" | "code" | "status";

export interface Lead {
  /** The filter that an index leads along; null without one. */
  readonly name: LeadName | null;
  /** Whether there are others, so that items have to be compared. */
  readonly walks: boolean;
}

/** What there are fewest of leads. Times lead along every index. */
export function leadOf(filter: DeliveryFilter, names: readonly LeadName[]): Lead {
  const { from: _from, until: _until, ...others } = filter;
  const asked = Object.entries(others).filter(([, value]) => value !== undefined);
  const name = names.find((one) => filter[one] !== undefined) ?? null;
  return { name, walks: asked.length > (name === null ? 0 : 1) };
}

/** A text that is the id of a job or an endpoint is a filter of that; null when another one is asked for. */
export function withTextAsFilter<Filter extends DeliveryFilter>(filter: Filter): Filter | null {
  const { text } = filter;
  const field = text === undefined ? null : fieldOfText(text);
  if (text === undefined || (field !== "jobId" && field !== "endpointId")) return filter;
  if ((filter[field] ?? text) !== text) return null;
  return { ...filter, [field]: text, text: undefined };
}

/** The column in which this text is a whole id of few deliveries, which are looked up. */
export function lookedUp(text: string | undefined): Column | null {
  const field = text === undefined ? null : fieldOfText(text);
  if (field === "id") return delivery.id;
  return field === "eventId" ? delivery.eventId : null;
}

/** True when the text stands in one of the delivery's ids or in its URL. */
export function hasTextPart(text: string): SQL | undefined {
  const { id, eventId, jobId, endpointId, url } = delivery;
  const columns: readonly Column[] = [id, eventId, jobId, endpointId, url];
  return or(...columns.map((column) => contains(column, text)));
}

export interface FilteredList<Item> {
  /** The next items that the leading filter finds, in order. */
  readonly read: (after: ListPosition | null, limit: number) => PromiseLike<readonly Item[]>;
  readonly matches: (item: Item) => boolean;
  readonly positionOf: (item: Item) => ListPosition;
}

export async function filteredPage<Item>(
  { read, matches, positionOf }: FilteredList<Item>,
  page: PageRequest,
  walks: boolean,
): Promise<Page<Item, ListPosition>> {
  const found: Item[] = [];
  let after = page.after;
  for (let looked = 0; ;) {
    const limit = walks ? walkedAtOnceMax : page.limit + 1;
    const items = await read(after, limit);
    for (const item of items) {
      if (!walks || matches(item)) found.push(item);
      if (found.length > page.limit) return cut(found, page.limit, positionOf);
    }
    const last = items.at(-1);
    if (items.length < limit || last === undefined) return { items: found, next: null };
    after = positionOf(last);
    looked += items.length;
    if (looked >= walkedMax) return { items: found, next: after };
  }
}

/** A page of what was looked up, few enough to be put in order here. */
export function pageOfFew<Item>(
  { matches, positionOf }: Omit<FilteredList<Item>, "read">,
  { after, limit }: PageRequest,
  items: readonly Item[],
): Page<Item, ListPosition> {
  const isBefore = (left: ListPosition, right: ListPosition): boolean =>
    left.at > right.at || (left.at === right.at && left.id > right.id);
  const left = items
    .filter((item) => matches(item) && (after === null || isBefore(after, positionOf(item))))
    .toSorted((one, other) => (isBefore(positionOf(one), positionOf(other)) ? -1 : 1));
  return left.length > limit ? cut(left, limit, positionOf) : { items: left, next: null };
}

/** `items` are more than `limit`. */
function cut<Item>(
  items: readonly Item[],
  limit: number,
  positionOf: (item: Item) => ListPosition,
): Page<Item, ListPosition> {
  const shown = items.slice(0, limit);
  const last = shown.at(-1);
  return { items: shown, next: last === undefined ? null : positionOf(last) };
}
