import type { Instant } from "@ringback/core";

/** One of a list that several callers share, with the time that its caller told. */
export interface AtTime<Item> {
  readonly item: Item;
  readonly now: Instant;
}
