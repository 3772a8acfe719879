// A clock that only moves when a test says so.
import type { Clock } from "@ringback/core";

interface Alarm {
  readonly at: number;
  readonly wake: () => void;
}

export class ManualClock implements Clock {
  #now: number;
  #elapsedMs = 0;
  readonly #alarms = new Set<Alarm>();
  readonly #watchers: { readonly delayMs: number; readonly resolve: () => void }[] = [];

  constructor(now = Date.UTC(2026, 10, 22)) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  monotonicMs(): number {
    return this.#elapsedMs;
  }

  after(delayMs: number, wake: () => void): () => void {
    const alarm = { at: this.#elapsedMs + delayMs, wake };
    this.#alarms.add(alarm);
    this.#tellWatchers();
    return () => void this.#alarms.delete(alarm);
  }

  /** Moves the time and wakes what has come due, in its order. */
  advance(byMs: number): void {
    const until = this.#elapsedMs + byMs;
    for (let due = this.#next(until); due !== undefined; due = this.#next(until)) {
      this.#moveTo(due.at);
      this.#alarms.delete(due);
      due.wake();
    }
    this.#moveTo(until);
  }

  /** Milliseconds until each alarm that is set, the earliest first. */
  get pending(): readonly number[] {
    return [...this.#alarms].map(({ at }) => at - this.#elapsedMs).toSorted((one, other) => one - other);
  }

  /** Resolves as soon as an alarm that far ahead is set. */
  whenSet(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#watchers.push({ delayMs, resolve });
      this.#tellWatchers();
    });
  }

  #tellWatchers(): void {
    const set = this.pending;
    for (const watcher of this.#watchers) if (set.includes(watcher.delayMs)) watcher.resolve();
  }

  #next(until: number): Alarm | undefined {
    return [...this.#alarms].filter(({ at }) => at <= until).toSorted((one, other) => one.at - other.at)[0];
  }

  #moveTo(elapsedMs: number): void {
    this.#now += elapsedMs - this.#elapsedMs;
    this.#elapsedMs = elapsedMs;
  }
}
