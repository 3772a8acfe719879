// A dead letter: that a delivery was given up, why, and what has become of that since.
import type { Instant } from "../ports/time.ts";
import type { Delivery } from "./delivery.ts";
import type { AttemptCode } from "./outcome.ts";

/**
 * `open → resolved`: its delivery was redelivered and has arrived; asking for that resolves nothing. `open → discarded`: somebody
 * has decided that it need not arrive. What was discarded may still be redelivered, and what dies again is open again.
 */
export type DeadLetterState = "open" | "resolved" | "discarded";
export const deadLetterStates: readonly DeadLetterState[] = ["open", "resolved", "discarded"];

/** Exists from the moment a delivery dies; a later redelivery resolves it only by being delivered. */
export interface DeadLetter {
  readonly delivery: Delivery;
  readonly state: DeadLetterState;
  /** Why it was given up. */
  readonly reason: AttemptCode;
  readonly httpStatus: number | null;
  readonly detail: string | null;
  readonly diedAt: Instant;
  readonly resolvedAt: Instant | null;
  readonly discardedAt: Instant | null;
  /** Why somebody discarded it. */
  readonly discardReason: string | null;
  /** What the support desk wrote to itself. */
  readonly note: string | null;
}

/** Dead letters of one cause: the same receiver failed in the same way. */
export interface DeadLetterGroup {
  readonly host: string;
  readonly code: AttemptCode;
  readonly httpStatus: number | null;
  readonly count: number;
  readonly firstAt: Instant;
  readonly lastAt: Instant;
  /** The delivery of one of them, the youngest. */
  readonly sampleId: string;
}
