// How many submissions may be under way in the store at once: a slow store is met with refusals, never with a growing pile.
import { refusal, type Refusal } from "../problems/refusal.ts";
import type { Counters } from "./counters.ts";

export interface IntakeGate {
  /**
   * What `accept` gives; a refusal without calling it when the gate is full. Bodies are read before and waiting for a job's end
   * comes after, so a slow client takes no place. A batch takes as many `places` as it has jobs; one that is larger than all
   * of them passes alone.
   */
  pass<Outcome extends object>(accept: () => Promise<Outcome>, places?: number): Promise<Outcome | Refusal>;
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
    async pass(accept, places = 1) {
      const taken = Math.min(places, Math.max(1, inFlightMax));
      if (inFlight + taken > inFlightMax) {
        counters.intakeShed += 1;
        return full;
      }
      inFlight += taken;
      try {
        return await accept();
      } finally {
        inFlight -= taken;
      }
    },
  };
}
