// What deliveries and dead letters are chosen by: in lists, in groups and in replays.
import { isId, type IdPrefix } from "../id.ts";
import type { Instant } from "../ports/time.ts";
import type { DeadLetter, DeadLetterState } from "./dead-letter.ts";
import type { Delivery, DeliveryStatus } from "./delivery.ts";
import type { AttemptCode } from "./outcome.ts";

/** All that is given must match. */
export interface Selection {
  readonly endpointId?: string;
  readonly jobId?: string;
  readonly host?: string;
  readonly code?: AttemptCode;
  readonly httpStatus?: number;
  /** Created at or after, and before. For dead letters: died. */
  readonly from?: Instant;
  readonly until?: Instant;
  /** Stands in an id (the delivery's, the event's, the job's or the endpoint's) or in the URL without its query. */
  readonly text?: string;
}

export interface DeliveryFilter extends Selection {
  readonly status?: readonly DeliveryStatus[];
}

export interface DeadLetterFilter extends DeliveryFilter {
  /** `open` unless told otherwise. */
  readonly state?: DeadLetterState;
}

/** The fields of a delivery that are ids, and what theirs begin with. */
const idFields = { id: "dlv", eventId: "evt", jobId: "job", endpointId: "ep" } as const satisfies Record<
  string,
  IdPrefix
>;

export type IdField = keyof typeof idFields;

/** The one field a text can only be found in, because it is a whole id; null when it may be a part of any. */
export function fieldOfText(text: string): IdField | null {
  const found = Object.entries(idFields).find(([, prefix]) => isId(prefix, text));
  return found === undefined ? null : (found[0] as IdField);
}

/** What is looked at: a dead letter's, or a delivery's own. */
export interface Selectable {
  readonly delivery: Pick<Delivery, "host" | "url" | IdField>;
  readonly reason: AttemptCode | null;
  readonly httpStatus: number | null;
  /** When it died, or was made. */
  readonly at: Instant;
}

/** True when it is one of those selected. */
export function isSelected(selection: Selection, { delivery, reason, httpStatus, at }: Selectable): boolean {
  const { endpointId, jobId, host, code, from, until, text } = selection;
  return (
    (endpointId ?? delivery.endpointId) === delivery.endpointId &&
    (jobId ?? delivery.jobId) === delivery.jobId &&
    (host ?? delivery.host) === delivery.host &&
    (code ?? reason) === reason &&
    (selection.httpStatus ?? httpStatus) === httpStatus &&
    (from ?? at) <= at &&
    (until === undefined || at < until) &&
    (text === undefined || hasText(text, delivery))
  );
}

/** The same for deliveries, whose own last code and status are meant. */
export function isFiltered({ status, ...selection }: DeliveryFilter, delivery: Delivery): boolean {
  const { code: reason, httpStatus, createdAt: at } = delivery;
  const isOfStatus = status === undefined || status.includes(delivery.status);
  return isOfStatus && isSelected(selection, { delivery, reason, httpStatus, at });
}

/** The same for dead letters, by why and when they died; `status` is that of their deliveries. */
export function isFilteredLetter(
  { status, state = "open", ...selection }: DeadLetterFilter,
  letter: DeadLetter,
): boolean {
  const { delivery, reason, httpStatus, diedAt: at } = letter;
  const isOfStatus = status === undefined || status.includes(delivery.status);
  return isOfStatus && letter.state === state && isSelected(selection, { delivery, reason, httpStatus, at });
}

function hasText(text: string, delivery: Selectable["delivery"]): boolean {
  const field = fieldOfText(text);
  if (field !== null) return delivery[field] === text;
  const { id, eventId, jobId, endpointId, url } = delivery;
  return [id, eventId, jobId, endpointId, url].some((value) => value?.includes(text) === true);
}
