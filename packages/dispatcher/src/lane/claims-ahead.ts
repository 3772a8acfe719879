// Claims that wait for a slot, so that slots are never empty while the next claim is on its way.
//
// It decides how many may wait: as many as have lately ended while a claim was under way, so what waits does so for about as long as a
// claim takes, a slow receiver has nothing waiting, and neither has one that does not take everything. What is claimed and waits
// would be told as `outcome_unknown` by a crash, so what waits for too long after all is given back.
import type { ClaimedDelivery, Clock } from "@ringback/core";

export interface ClaimsAheadOptions {
  readonly clock: Clock;
  /** Told that something has waited for too long. */
  readonly overdue: () => void;
}

/** At most so many times the slots. */
const aheadFactor = 3;
/** From claim to claim, so that one that brought little is soon made up for, and a receiver that has become slow soon noticed. */
const allowedDecay = 0.9;
/** A hundred times what a claim takes. */
const waitMaxMs = 1_000;

interface Waiting {
  readonly delivery: ClaimedDelivery;
  readonly sinceMs: number;
}

export class ClaimsAhead {
  readonly #options: ClaimsAheadOptions;
  #waiting: Waiting[] = [];
  #allowed = 0;
  /** Attempts that have ended since the claim that is under way was asked for. */
  #ended = 0;
  #forget: (() => void) | null = null;

  constructor(options: ClaimsAheadOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#waiting.length;
  }

  /** How many may wait beside so many slots. */
  allowed(slots: number): number {
    return Math.min(this.#allowed, slots * aheadFactor);
  }

  claimAsked(): void {
    this.#ended = 0;
  }

  /** `areSlotsIdle`: the receiver would have taken more than there was while the claim was under way. */
  claimAnswered(deliveries: readonly ClaimedDelivery[], areSlotsIdle: boolean): void {
    const taken = areSlotsIdle ? this.#ended * 2 : this.#ended;
    this.#allowed = Math.max(taken, Math.floor(this.#allowed * allowedDecay));
    const sinceMs = this.#options.clock.monotonicMs();
    for (const delivery of deliveries) this.#waiting.push({ delivery, sinceMs });
    this.#watch();
  }

  attemptEnded(): void {
    this.#ended += 1;
  }

  /** The one that has waited longest; undefined when none does. */
  take(): ClaimedDelivery | undefined {
    const delivery = this.#waiting.shift()?.delivery;
    if (this.#waiting.length === 0) this.#stopWatching();
    return delivery;
  }

  /** All that wait; none may from now on, until claims and attempts have gone well again. */
  takeBack(): readonly ClaimedDelivery[] {
    this.#allowed = 0;
    this.#ended = 0;
    this.#stopWatching();
    return this.#waiting.splice(0).map(({ delivery }) => delivery);
  }

  #watch(): void {
    const [longest] = this.#waiting;
    if (longest === undefined || this.#forget !== null) return;
    const { clock, overdue } = this.#options;
    const restMs = longest.sinceMs + waitMaxMs - clock.monotonicMs();
    this.#forget = clock.after(Math.max(0, restMs), () => {
      this.#forget = null;
      const [waiting] = this.#waiting;
      if (waiting === undefined) return;
      if (clock.monotonicMs() - waiting.sinceMs >= waitMaxMs) overdue();
      else this.#watch();
    });
  }

  #stopWatching(): void {
    this.#forget?.();
    this.#forget = null;
  }
}
