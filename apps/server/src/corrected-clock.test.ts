import { describe, expect, test } from "vitest";
import type { Clock, Log, LogFields } from "@ringback/core";
import { correctedClock } from "./corrected-clock.ts";

/** A machine whose wall clock and monotonic clock are moved apart by hand. */
function machineAt(wall: number): Clock & { pass(ms: number): void; setWall(wall: number): void } {
  let [wallMs, monotonicMs] = [wall, 0];
  const timers: { readonly at: number; readonly wake: () => void }[] = [];
  return {
    now: () => wallMs,
    monotonicMs: () => monotonicMs,
    after(delayMs, wake) {
      const timer = { at: monotonicMs + delayMs, wake };
      timers.push(timer);
      return () => void timers.splice(timers.indexOf(timer), 1);
    },
    pass(ms) {
      wallMs += ms;
      monotonicMs += ms;
      for (const timer of timers.filter(({ at }) => at <= monotonicMs)) {
        timers.splice(timers.indexOf(timer), 1);
        timer.wake();
      }
    },
    setWall(to) {
      wallMs = to;
    },
  };
}

function keptLog(): { readonly log: Log; readonly warnings: [string, LogFields | undefined][] } {
  const warnings: [string, LogFields | undefined][] = [];
  const quiet = (): void => undefined;
  const warn = (event: string, fields?: LogFields): void => void warnings.push([event, fields]);
  return { warnings, log: { debug: quiet, info: quiet, warn, error: quiet } };
}

const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

describe("the clock of a process among several", () => {
  test("has the database's time as soon as it has measured, and says how wrong the machine is", async () => {
    const machine = machineAt(1_000_000);
    const clock = correctedClock(machine);
    const { log, warnings } = keptLog();
    expect(clock.now()).toBe(1_000_000);
    await clock.start({ measure: async () => 600_000, log });
    expect(clock.now()).toBe(1_600_000);
    machine.pass(10);
    expect(clock.now()).toBe(1_600_010);
    expect(clock.uncorrected.now()).toBe(1_000_010);
    expect(warnings).toEqual([["clock_differs", { offsetMs: 600_000 }]]);
  });

  test("F75 a wall clock that is set forward or back changes nothing", async () => {
    const machine = machineAt(1_000_000);
    const clock = correctedClock(machine);
    await clock.start({ measure: async () => 0, log: keptLog().log });
    for (const jump of [7_200_000, -3_600_000]) {
      machine.setWall(machine.now() + jump);
      machine.pass(5);
    }
    expect(clock.now()).toBe(1_000_010);
  });

  test("measures again every minute, keeps the last measurement when that fails, and ends with stop", async () => {
    const machine = machineAt(0);
    const clock = correctedClock(machine);
    const offsets: (number | Error)[] = [5, 7, new Error("the database is away"), 9];
    let asked = 0;
    const measure = async (): Promise<number> => {
      const offset = offsets[asked] ?? 0;
      asked += 1;
      if (offset instanceof Error) throw offset;
      return offset;
    };
    await clock.start({ measure, log: keptLog().log });
    const seen: number[] = [];
    for (let minute = 1; minute <= 3; minute += 1) {
      machine.pass(60_000);
      await settled();
      seen.push(clock.now() - machine.now());
    }
    expect(seen).toEqual([7, 7, 9]);
    clock.stop();
    machine.pass(600_000);
    await settled();
    expect(asked).toBe(4);
  });

  test("a start without a first measurement fails", async () => {
    const clock = correctedClock(machineAt(0));
    const failing = clock.start({ measure: () => Promise.reject(new Error("away")), log: keptLog().log });
    await expect(failing).rejects.toThrow("away");
  });
});
