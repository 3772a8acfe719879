// How lists are read: by position, newest first, without an open cursor.
import type { Instant } from "./time.ts";

/** A page ends before `limit` only when there is no more, or the read says otherwise; `next` is the position to go on from. */
export interface Page<Item, Position> {
  readonly items: readonly Item[];
  readonly next: Position | null;
}

/** Newest first, by creation and then id. */
export interface ListPosition {
  readonly at: Instant;
  readonly id: string;
}

export interface PageRequest {
  readonly after: ListPosition | null;
  readonly limit: number;
}
