// What reading the feed gives: events behind a position, or that the position is older than what is kept.
import type { Instant } from "../ports/time.ts";
import type { Event } from "./event.ts";

export interface FeedRequest {
  /** The `seq` of the last event that has been read; null begins with the oldest there is. */
  readonly after: number | null;
  readonly limit: number;
}

export type FeedRead =
  | {
      readonly kind: "read";
      /** Where it began: the position that was asked for or, without one, that of the last event which is no longer in the feed. */
      readonly after: number;
      readonly events: readonly Event[];
    }
  /** Events behind the position are no longer in the feed: those up to that of `until`. */
  | { readonly kind: "expired"; readonly until: Instant };
