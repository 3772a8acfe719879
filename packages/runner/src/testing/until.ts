// Waits for observable state by giving the event loop turns, never by time.
import type { ManualClock } from "./manual-clock.ts";

const turnsMax = 10_000;

/** Resolves as soon as `holds`; rejects with `what` when ten thousand turns of the event loop have not brought it about. */
export async function until(what: string, holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < turnsMax; turn += 1) {
    if (holds()) return;
    await nextTurn();
  }
  throw new Error(`It never came about: ${what}`);
}

/** Lets everything run that is ready to run. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await nextTurn();
}

/** Moves the clock in small steps, and lets everything run that follows from each. */
export async function pass(clock: ManualClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 250) {
    await settled();
    clock.advance(Math.min(250, ms - passed));
  }
  await settled();
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
