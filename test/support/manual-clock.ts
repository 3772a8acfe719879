// A clock that is moved by hand, for whatever takes 75 hours in life.
import type { Clock, Instant } from "@ringback/core";

export interface ManualClock extends Clock {
  /** Moves to `instant`, waking every timer on the way, in the order of their times. Never moves back. */
  moveTo(instant: Instant): void;
  advance(byMs: number): void;
  /** When the next timer wakes; null without one. */
  nextWakeAt(): Instant | null;
}

interface Timer {
  readonly at: Instant;
  readonly wake: () => void;
}

export function manualClock(start: Instant): ManualClock {
  let now = start;
  const timers = new Set<Timer>();
  const earliest = (): Timer | null => {
    let first: Timer | null = null;
    for (const timer of timers) if (first === null || timer.at < first.at) first = timer;
    return first;
  };
  const moveTo = (instant: Instant): void => {
    for (let timer = earliest(); timer !== null && timer.at <= instant; timer = earliest()) {
      timers.delete(timer);
      now = Math.max(now, timer.at);
      timer.wake();
    }
    now = Math.max(now, instant);
  };
  return {
    now: () => now,
    monotonicMs: () => now - start,
    after(delayMs, wake) {
      const timer = { at: now + Math.max(0, delayMs), wake };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    moveTo,
    advance: (byMs) => moveTo(now + byMs),
    nextWakeAt: () => earliest()?.at ?? null,
  };
}
