import { expect, test } from "vitest";
import { manualClock } from "./manual-clock.ts";

test("timers wake in the order of their times, each at its own instant, also those set on the way", () => {
  const clock = manualClock(1_000);
  const woken: string[] = [];
  clock.after(30, () => woken.push(`late at ${clock.now()}`));
  clock.after(10, () => {
    woken.push(`early at ${clock.now()}`);
    clock.after(5, () => woken.push(`between at ${clock.now()}`));
  });
  const forget = clock.after(20, () => woken.push("forgotten"));
  forget();

  expect(clock.nextWakeAt()).toBe(1_010);
  clock.advance(100);

  expect(woken).toEqual(["early at 1010", "between at 1015", "late at 1030"]);
  expect(clock.now()).toBe(1_100);
  expect(clock.monotonicMs()).toBe(100);
  expect(clock.nextWakeAt()).toBeNull();
});
