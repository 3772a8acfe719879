// A turn at a lane whose rings, drain and loss a test decides.
import type { HeldLane, LaneTurn } from "@ringback/core";

export class TestTurn implements LaneTurn {
  readonly lane: HeldLane = { tenantId: "default", laneId: "https://receiver.example", token: 1 };
  readonly #drain = new AbortController();
  readonly #lost = new AbortController();
  readonly #asked: ((rung: boolean) => void)[] = [];
  readonly #answers: boolean[] = [];
  /** How often the turn was asked whether it was rung. */
  timesAsked = 0;

  get drain(): AbortSignal {
    return this.#drain.signal;
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  rung(): Promise<boolean> {
    this.timesAsked += 1;
    const answer = this.#answers.shift();
    if (answer !== undefined) return Promise.resolve(answer);
    return new Promise((resolve) => this.#asked.push(resolve));
  }

  ring(): void {
    this.#answer(true);
  }

  dismiss(): void {
    this.#answer(false);
  }

  startDrain(): void {
    this.#drain.abort();
    for (const asked of this.#asked.splice(0)) asked(false);
  }

  lose(): void {
    this.#lost.abort();
  }

  #answer(rung: boolean): void {
    const asked = this.#asked.shift();
    if (asked === undefined) this.#answers.push(rung);
    else asked(rung);
  }
}
