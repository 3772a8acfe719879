// The one place that touches the machine's clock, timers and randomness.
import { randomFillSync } from "node:crypto";
import { performance } from "node:perf_hooks";
import type { Clock, Random } from "@ringback/core";

/** The machine's own clock. Timers do not keep the process alive; the listening socket does. */
export function systemClock(): Clock {
  return {
    now: () => Date.now(),
    monotonicMs: () => performance.now(),
    after(delayMs, wake) {
      const timer = setTimeout(wake, Math.min(Math.max(0, delayMs), timerMaxMs));
      timer.unref();
      return () => clearTimeout(timer);
    },
  };
}

/** setTimeout fires at once beyond 31 bits; whoever waits that long looks again when it wakes. */
const timerMaxMs = 2 ** 31 - 1;

/** Random bytes of the operating system, drawn 4 KiB at a time because ids are made on the hot path. */
export function systemRandom(): Random {
  const pool = new Uint8Array(4_096);
  let used = pool.length;
  return {
    bytes(count) {
      if (count > pool.length) return randomFillSync(new Uint8Array(count));
      if (used + count > pool.length) {
        randomFillSync(pool);
        used = 0;
      }
      const drawn = pool.slice(used, used + count);
      pool.fill(0, used, used + count);
      used += count;
      return drawn;
    },
    unit: () => Math.random(),
  };
}
