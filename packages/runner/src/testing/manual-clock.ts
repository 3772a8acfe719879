// A clock that a test moves by hand; timers fire in the order of their times while it moves.
import type { Clock } from "@ringback/core";

export interface ManualClock extends Clock {
  /** Moves both times ahead and fires what comes due on the way. */
  advance(ms: number): void;
  /** Moves both times ahead as if the process had been held up: what came due meanwhile fires only now. */
  stall(ms: number): void;
  /** Moves wall time only, as an operator or NTP does. */
  jump(ms: number): void;
  /** Timers that have not fired and were not forgotten. */
  readonly timers: number;
}

interface Timer {
  readonly atMs: number;
  readonly wake: () => void;
}

export function createManualClock(startAt = Date.UTC(2026, 10, 22)): ManualClock {
  let wallOffset = startAt;
  let nowMs = 0;
  const timers = new Set<Timer>();

  function nextBefore(endMs: number): Timer | undefined {
    return [...timers].filter((timer) => timer.atMs <= endMs).toSorted((a, b) => a.atMs - b.atMs)[0];
  }

  function advance(ms: number): void {
    const endMs = nowMs + ms;
    for (let timer = nextBefore(endMs); timer !== undefined; timer = nextBefore(endMs)) {
      timers.delete(timer);
      nowMs = Math.max(nowMs, timer.atMs);
      timer.wake();
    }
    nowMs = endMs;
  }

  return {
    now: () => wallOffset + nowMs,
    monotonicMs: () => nowMs,
    after(delayMs, wake) {
      const timer = { atMs: nowMs + Math.max(0, delayMs), wake };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    advance,
    stall(ms) {
      nowMs += ms;
      advance(0);
    },
    jump(ms) {
      wallOffset += ms;
    },
    get timers() {
      return timers.size;
    },
  };
}
