import { describe, expect, test } from "vitest";
import { StoreUnavailable, type Change, type HeldReplay, type ReplayStep, type Store } from "@ringback/core";
import { createReplayPump } from "./replay-pump.ts";
import { createKeptLog } from "./testing/fakes.ts";
import { createManualClock } from "./testing/manual-clock.ts";
import { pass, settled } from "./testing/until.ts";

const key = { tenantId: "t", replayId: "rpl_1" };
const working = { kind: "working", changed: true } as const;

interface Taken {
  readonly at: number;
  readonly held: HeldReplay;
}

/** A pump on a clock that is moved by hand, beside what it asks of the store. */
function fixture() {
  const clock = createManualClock();
  const log = createKeptLog();
  const free: HeldReplay[] = [];
  const steps: Taken[] = [];
  const released: HeldReplay[] = [];
  const state: { step: (taken: Taken) => Promise<ReplayStep> | ReplayStep; claims: number } = {
    step: () => ({ kind: "over" }),
    claims: 0,
  };
  let listener: ((changes: readonly Change[]) => void) | null = null;
  const replays: Pick<Store["replays"], "claim" | "step" | "release"> = {
    async claim({ limit }) {
      state.claims += 1;
      return free.splice(0, limit);
    },
    async step(held) {
      const taken = { at: clock.monotonicMs(), held };
      steps.push(taken);
      return state.step(taken);
    },
    release: async (held) => void released.push(held),
  };
  const pump = createReplayPump({
    replays,
    changes: {
      subscribe(heard) {
        listener = heard;
        return () => void (listener = null);
      },
      areComplete: () => true,
    },
    clock,
    log,
    holder: "this",
    settings: { leaseMs: 30_000, sweepMs: 5_000, soleHolder: false },
  });
  const tell = (): void => listener?.([{ kind: "replay", ...key }]);
  return { clock, log, free, steps, released, state, pump, tell };
}

describe("the replay pump", () => {
  test("takes up what is there at its start, what is told of, and what nobody told of at the next look", async () => {
    const { clock, free, steps, pump, tell } = fixture();
    free.push({ ...key, token: 1 });
    pump.start();
    await settled();
    free.push({ ...key, token: 2 });
    tell();
    await settled();
    free.push({ ...key, token: 3 });
    await pass(clock, 5_000);
    expect(steps.map(({ held }) => held.token)).toEqual([1, 2, 3]);
    expect(pump.size).toBe(0);
    await pump.stop();
  });

  test("steps at once while items are fixed, then as its rate allows, at most four times a second", async () => {
    const { clock, free, steps, state, pump } = fixture();
    const startMs = clock.monotonicMs();
    const answers: (() => ReplayStep)[] = [
      () => ({ ...working, goesOn: "at_once" }),
      () => ({ ...working, goesOn: "at_once" }),
      () => ({ ...working, goesOn: { at: clock.now() + 20 } }),
      () => ({ ...working, goesOn: { at: clock.now() + 1_000 } }),
    ];
    state.step = () => answers.shift()?.() ?? { kind: "over" };
    free.push({ ...key, token: 1 });
    pump.start();
    await pass(clock, 3_000);
    expect(steps.map(({ at }) => at - startMs)).toEqual([0, 0, 0, 250, 1_250]);
    await pump.stop();
  });

  test("looks less and less often at what is under way, and often again once something has become of it", async () => {
    const { clock, free, steps, state, pump } = fixture();
    const startMs = clock.monotonicMs();
    state.step = ({ at }) => ({
      kind: "working",
      changed: at - startMs === 3_500,
      goesOn: "by_looking",
    });
    free.push({ ...key, token: 1 });
    pump.start();
    await pass(clock, 5_000);
    expect(steps.map(({ at }) => at - startMs)).toEqual([0, 500, 1_500, 3_500, 3_750, 4_250]);
    await pump.stop();
  });

  test("goes on after the store was away, and forgets what it has lost", async () => {
    const { clock, log, free, steps, state, pump } = fixture();
    let isAway = true;
    state.step = () =>
      isAway ? Promise.reject(new StoreUnavailable("unreachable", "away")) : { kind: "lost" };
    free.push({ ...key, token: 1 });
    pump.start();
    await pass(clock, 2_000);
    expect(log.events()).toContain("replay_step_failed");
    isAway = false;
    await pass(clock, 2_000);
    expect(steps.length).toBeGreaterThan(2);
    expect(pump.size).toBe(0);
    await pump.stop();
  });

  test("stopped it gives back what it holds, and takes up nothing more", async () => {
    const { clock, free, steps, released, state, pump, tell } = fixture();
    state.step = () => ({ ...working, goesOn: "by_looking" });
    free.push({ ...key, token: 1 });
    pump.start();
    await settled();
    expect(pump.size).toBe(1);
    await pump.stop();
    expect(released).toEqual([{ ...key, token: 1 }]);
    const { length } = steps;
    free.push({ ...key, token: 2 });
    tell();
    await pass(clock, 10_000);
    expect(steps).toHaveLength(length);
  });
});
