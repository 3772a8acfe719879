import type { LaneTurn } from "@ringback/core";
import { describe, expect, test } from "vitest";
import { createManualClock, type ManualClock } from "./testing/manual-clock.ts";
import { createRunnerFixture, type RunnerFixture } from "./testing/runner-fixture.ts";
import { pass, settled, until } from "./testing/until.ts";
import type { RunnerSettings } from "./settings.ts";

interface Fixture extends RunnerFixture {
  readonly clock: ManualClock;
  readonly turns: LaneTurn[];
  /** Ends the newest turn of that lane. */
  readonly finish: (laneId: string) => void;
}

/** A lane server whose turns end when the test says so, or when they are drained or lost. */
function openLanes(settings: Partial<RunnerSettings> = {}): Fixture {
  const clock = createManualClock();
  const turns: LaneTurn[] = [];
  const ends = new Map<string, () => void>();
  const fixture = createRunnerFixture({
    clock,
    settings,
    serve: (turn) =>
      new Promise((resolve) => {
        turns.push(turn);
        ends.set(turn.lane.laneId, resolve);
        for (const signal of [turn.drain, turn.lost]) signal.addEventListener("abort", () => resolve());
      }),
  });
  return { ...fixture, clock, turns, finish: (laneId) => ends.get(laneId)?.() };
}

/** Asks as the dispatcher does: as long as it is told that there is more. */
function askingLanes(settings: Partial<RunnerSettings> = {}): Fixture & { readonly asked: string[] } {
  const clock = createManualClock();
  const turns: LaneTurn[] = [];
  const asked: string[] = [];
  const fixture = createRunnerFixture({
    clock,
    settings,
    async serve(turn) {
      turns.push(turn);
      do asked.push(turn.lane.laneId);
      while (await turn.rung());
    },
  });
  return { ...fixture, clock, turns, asked, finish: () => undefined };
}

const names = (turns: readonly LaneTurn[]): string[] => turns.map((turn) => turn.lane.laneId);

describe("the lane pump", () => {
  test("a ring for a held lane is its holder's alone: nobody else asks the store for it", async () => {
    const { runner, store, turns, ringLane, ringHeldLane } = openLanes();
    await runner.start();
    store.addLane("here");
    store.addLane("elsewhere");
    ringLane("here");
    await until("one is served", () => turns.length === 1);
    ringHeldLane("elsewhere");
    ringHeldLane("here");
    await settled();
    expect(names(turns)).toEqual(["here"]);
    expect(await turns[0]?.rung()).toBe(true);
    await runner.stop();
  });

  test("serves lanes that are rung, and claims those of one commit together", async () => {
    const { runner, store, turns, ringLane } = openLanes();
    await runner.start();
    for (const id of ["a", "b", "c"]) {
      store.addLane(id);
      ringLane(id);
    }
    await until("all are served", () => turns.length === 3);
    expect(names(turns).toSorted()).toEqual(["a", "b", "c"]);
    expect(store.calls.get("claimLanes")).toBe(1);
  });

  test("a ring at a held lane wakes its turn instead of claiming", async () => {
    const { runner, store, asked, ringLane } = askingLanes();
    store.addLane("a");
    await runner.start();
    await until("it is served", () => asked.length === 1);
    await settled();
    ringLane("a");
    await until("it was woken", () => asked.length === 2);
    expect(store.calls.get("claimLanes")).toBe(1);
  });

  test("a lane is released when its turn has lingered in vain", async () => {
    const { runner, store, clock, asked } = askingLanes();
    const lane = store.addLane("a");
    await runner.start();
    await until("it is served", () => asked.length === 1);
    lane.due = false;
    await settled();
    clock.advance(1_000);
    await runner.signals.whenIdle();
    expect(lane.holder).toBeNull();
    expect(runner.signals.heldLanes).toBe(0);
  });

  test("a ring between the end of a turn and its release begins another turn", async () => {
    const { runner, store, clock, asked, turns, ringLane } = askingLanes();
    const lane = store.addLane("a");
    await runner.start();
    await until("it is served", () => asked.length === 1);
    lane.due = false;
    const answerRelease = store.holdAnswer("release");
    await settled();
    clock.advance(1_000);
    await until("it is being released", () => store.calls.get("release") === 1);
    lane.due = true;
    ringLane("a");
    await settled();
    expect(turns).toHaveLength(1);
    answerRelease();
    await until("it is served again", () => turns.length === 2);
  });

  test("a ring while the lane is being claimed wakes its turn", async () => {
    const { runner, store, asked, ringLane } = askingLanes();
    await runner.start();
    store.addLane("a");
    const answerClaim = store.holdAnswer("claimLanes");
    ringLane("a");
    await until("it is being claimed", () => store.calls.get("claimLanes") === 1);
    ringLane("a");
    await settled();
    answerClaim();
    await until("the turn was told", () => asked.length === 2);
    expect(store.calls.get("claimLanes")).toBe(1);
  });

  test("lanes that end together are released together", async () => {
    const { runner, store, turns, finish } = openLanes();
    for (let at = 0; at < 10; at += 1) store.addLane(`l${at}`);
    await runner.start();
    await until("all are served", () => turns.length === 10);
    for (const [id, lane] of store.laneRows) {
      lane.due = false;
      finish(id);
    }
    await runner.signals.whenIdle();
    expect(store.calls.get("release")).toBe(1);
  });

  test("F111 a busy lane gives its slot up after its slice when another waits, the longest first", async () => {
    const { runner, store, clock, turns, ringLane } = openLanes({ lanesMax: 2, sweepMs: 3_600_000 });
    await runner.start();
    store.addLane("old");
    ringLane("old");
    await until("the first is served", () => turns.length === 1);
    clock.advance(2_000);
    store.addLane("young");
    ringLane("young");
    await until("the second is served", () => turns.length === 2);
    await pass(clock, 60_000);
    expect(turns.some((turn) => turn.drain.aborted)).toBe(false);
    store.laneRows.get("old")!.due = false;
    store.addLane("waiting");
    ringLane("waiting");
    await until("the waiting lane is served", () => turns.length === 3);
    expect(turns[0]?.drain.aborted).toBe(true);
    expect(turns[1]?.drain.aborted).toBe(false);
    expect(names(turns)).toEqual(["old", "young", "waiting"]);
  });

  test("F111 a turn that has had less than its slice keeps its slot until then", async () => {
    const { runner, store, clock, turns, ringLane } = openLanes({ lanesMax: 1, sweepMs: 3_600_000 });
    await runner.start();
    store.addLane("a");
    ringLane("a");
    await until("the first is served", () => turns.length === 1);
    store.addLane("b");
    ringLane("b");
    await settled();
    clock.advance(4_999);
    await settled();
    expect(turns[0]?.drain.aborted).toBe(false);
    clock.advance(1);
    await until("the other is served", () => turns.length === 2);
    await until("the first waits for its next turn", () => store.laneRows.get("a")?.holder === null);
    clock.advance(5_000);
    await until("the first is served again", () => turns.length === 3);
    expect(names(turns)).toEqual(["a", "b", "a"]);
  });

  test("a turn that only lingers gives its slot up at once", async () => {
    const { runner, store, asked, ringLane } = askingLanes({ lanesMax: 1 });
    const lane = store.addLane("a");
    await runner.start();
    await until("the first is served", () => asked.length === 1);
    lane.due = false;
    await settled();
    store.addLane("b");
    ringLane("b");
    await until("the other is served", () => asked.length === 2);
    expect(asked).toEqual(["a", "b"]);
  });

  test("F111 a turn that goes on after it was told to end has to end after its slice, like any other, when a lane waits", async () => {
    const { runner, store, clock, turns, ringLane } = openLanes({ lanesMax: 1, sweepMs: 3_600_000 });
    await runner.start();
    store.addLane("slow");
    ringLane("slow");
    await until("the first is served", () => turns.length === 1);
    const [slow] = turns;
    const answer = slow?.rung();
    await pass(clock, 6_000);
    expect(await answer).toBe(false);
    store.addLane("b");
    ringLane("b");
    await settled();
    // It has been told to end, so nothing more is asked of it …
    expect(slow?.drain.aborted).toBe(false);
    ringLane("slow");
    await settled();
    // … until it goes on for what is new, with an attempt still in flight.
    expect(await slow?.rung()).toBe(true);
    expect(slow?.drain.aborted).toBe(true);
    await until("the other is served", () => turns.length === 2);
    expect(names(turns)).toEqual(["slow", "b"]);
  });

  test("F70 a lost lane is told so and is not released", async () => {
    const { runner, store, clock, turns } = openLanes();
    const lane = store.addLane("a");
    await runner.start();
    await until("it is served", () => turns.length === 1);
    lane.token += 1;
    clock.advance(10_000);
    await until("its turn is lost", () => turns[0]?.lost.aborted === true);
    await until("its slot is free", () => runner.signals.heldLanes === 0);
    expect(runner.signals.counters.lanesLost).toBe(1);
    expect(store.calls.get("release") ?? 0).toBe(0);
  });

  test("a release is kept while the store is away", async () => {
    const { runner, store, clock, turns, finish } = openLanes();
    const lane = store.addLane("a");
    await runner.start();
    await until("it is served", () => turns.length === 1);
    lane.due = false;
    store.down.add("release");
    finish("a");
    await until("a release has failed", () => store.calls.get("release") === 1);
    await settled();
    expect(lane.holder).toBe("this");
    store.down.delete("release");
    clock.advance(1_000);
    await until("it is released", () => lane.holder === null);
  });

  test("a claim that fails is tried again, with what was rung meanwhile", async () => {
    const { runner, store, clock, turns, ringLane } = openLanes({ sweepMs: 3_600_000 });
    await runner.start();
    store.down.add("claimLanes");
    store.addLane("a");
    ringLane("a");
    await until("a claim has failed", () => store.calls.get("claimLanes") === 1);
    await settled();
    store.down.delete("claimLanes");
    clock.advance(1_000);
    await until("it is served", () => turns.length === 1);
    expect(runner.signals.heldLanes).toBe(1);
  });

  test("a lane server that rejects is logged, and its lane is released", async () => {
    const clock = createManualClock();
    const { runner, store, log } = createRunnerFixture({
      clock,
      serve: () => Promise.reject(new TypeError("a fault")),
    });
    const lane = store.addLane("a");
    lane.dueAt = clock.now();
    const unsubscribe = store.ring;
    store.ring = () => void (lane.due = false);
    await runner.start();
    await until("it is released", () => store.calls.get("release") === 1 && lane.holder === null);
    expect(log.events()).toContain("lane_turn_failed");
    store.ring = unsubscribe;
  });
});
