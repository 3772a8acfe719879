// How many submissions may be under way in the store at once: a slow store is met with refusals, never with a growing pile.
import { refusal, type Refusal } from "../problems/refusal.ts";
import type { Counters } from "./counters.ts";

export interface IntakeGate {
  /** What `accept` gives; a refusal without calling it when the gate is full. Bodies are read before, so a slow client takes no place. */
  pass<Outcome extends object>(accept: () => Promise<Outcome>): Promise<Outcome | Refusal>;
}

export interface GateDeps {
  readonly inFlightMax: number;
  readonly counters: Counters;
}

const full: Refusal = refusal(
  "overloaded",
  "As many submissions are in flight as this process takes at once. Nothing was accepted.",
  { headers: { "retry-after": "1" } },
);

export function createIntakeGate({ inFlightMax, counters }: GateDeps): IntakeGate {
  let inFlight = 0;
  return {
    async pass(accept) {
      if (inFlight >= inFlightMax) {
        counters.intakeShed += 1;
        return full;
      }
      inFlight += 1;
      try {
        return await accept();
      } finally {
        inFlight -= 1;
      }
    },
  };
}
