// A clock for tests that stands still until it is told to move.
import type { Clock, Instant } from "@ringback/core";

export interface ManualClock extends Clock {
  /** Moves on, waking what has come due on the way, in order. */
  advance(byMs: number): void;
  /** How many timers are armed. */
  readonly armed: number;
}

export function createManualClock(start: Instant = Date.parse("2026-11-22T09:00:00.000Z")): ManualClock {
  let elapsedMs = 0;
  const timers = new Set<{ readonly atMs: number; readonly wake: () => void }>();
  const nextDue = (untilMs: number) =>
    [...timers].filter(({ atMs }) => atMs <= untilMs).toSorted((left, right) => left.atMs - right.atMs)[0];
  return {
    now: () => start + elapsedMs,
    monotonicMs: () => elapsedMs,
    after(delayMs, wake) {
      const timer = { atMs: elapsedMs + delayMs, wake };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    advance(byMs) {
      const untilMs = elapsedMs + byMs;
      for (let due = nextDue(untilMs); due !== undefined; due = nextDue(untilMs)) {
        timers.delete(due);
        elapsedMs = Math.max(elapsedMs, due.atMs);
        due.wake();
      }
      elapsedMs = untilMs;
    },
    get armed() {
      return timers.size;
    },
  };
}
