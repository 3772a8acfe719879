// Decides what becomes of a delivery when one of its attempts has ended. The store applies it inside the recording transaction.
import type { Instant, Random } from "../ports/time.ts";
import { attemptsAllowed, retryAt, type RetryPolicy } from "./backoff.ts";
import { isFinal, type AttemptCode, type AttemptOutcome } from "./outcome.ts";

/** What the decision looks at beside the attempt. */
export interface DeliveryLedger {
  /** Failed attempts of the present round, without the one that has just ended. A redelivery of a finished delivery begins a new round. */
  readonly roundFailures: number;
  /** A redelivery was asked for while this attempt was in flight. */
  readonly redeliverRequested: boolean;
  /** No other attempt is made, and no dead letter is written: a test, or the receiver has been deleted. */
  readonly isLast: boolean;
  readonly policy: RetryPolicy;
}

export interface EndedAttempt {
  readonly outcome: AttemptOutcome;
  readonly code: AttemptCode;
  /** What the receiver's Retry-After asks for, in milliseconds. */
  readonly retryAfterMs: number | null;
}

export type AfterAttempt =
  | { readonly status: "delivered" }
  | { readonly status: "dead" }
  | { readonly status: "canceled" }
  | {
      readonly status: "pending";
      readonly dueAt: Instant;
      readonly nextTrigger: "auto" | "manual";
      readonly roundFailures: number;
    };

/** An attempt whose outcome is unknown is not held against the receiver: it is due again at once, in the same round. */
export function afterAttempt(
  ledger: DeliveryLedger,
  attempt: EndedAttempt,
  options: { readonly now: Instant; readonly random: Random },
): AfterAttempt {
  const { now, random } = options;
  const { roundFailures, policy } = ledger;
  if (ledger.isLast) return { status: attempt.outcome === "delivered" ? "delivered" : "canceled" };
  if (ledger.redeliverRequested)
    return { status: "pending", dueAt: now, nextTrigger: "manual", roundFailures: 0 };
  if (attempt.outcome === "delivered") return { status: "delivered" };
  if (attempt.outcome === "outcome_unknown")
    return { status: "pending", dueAt: now, nextTrigger: "auto", roundFailures };
  if (isFinal(attempt.code)) return { status: "dead" };
  const failed = roundFailures + 1;
  const dueAt = retryAt(policy, failed, { now, retryAfterMs: attempt.retryAfterMs, random });
  return dueAt === null
    ? { status: "dead" }
    : { status: "pending", dueAt, nextTrigger: "auto", roundFailures: failed };
}

/** How many attempts remain after `failed` failures of a round; never negative. */
export function attemptsLeft(policy: RetryPolicy, failed: number): number {
  return Math.max(0, attemptsAllowed(policy) - failed);
}
