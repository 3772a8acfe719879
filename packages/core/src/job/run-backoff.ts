// How long a job waits between a failed run and the next.
import type { Random } from "../ports/time.ts";

const baseMs = 1_000;
const capMs = 60_000;
const jitter = 0.2;

/** Milliseconds to wait after the `failedRuns`-th failed run: 1 s doubling to 60 s, ± 20 %. */
export function delayBeforeRun(failedRuns: number, random: Random): number {
  const plainMs = Math.min(capMs, baseMs * 2 ** Math.max(0, failedRuns - 1));
  return Math.round(plainMs * (1 - jitter + 2 * jitter * random.unit()));
}
