import { describe, expect, test } from "vitest";
import { createHeldTurn, type HeldTurn } from "./lane-turn.ts";
import { createManualClock, type ManualClock } from "./testing/manual-clock.ts";
import { settled } from "./testing/until.ts";

function held(
  options: {
    readonly othersWait?: () => boolean;
    readonly resumed?: () => void;
    readonly lingerMs?: number;
  } = {},
): {
  readonly turn: HeldTurn;
  readonly clock: ManualClock;
} {
  const clock = createManualClock();
  const turn = createHeldTurn({
    lane: { tenantId: "t", laneId: "l", token: 1 },
    clock,
    lingerMs: options.lingerMs ?? 1_000,
    lookMs: 5_000,
    endsMs: 30_000,
    othersWait: options.othersWait ?? (() => false),
    resumed: options.resumed ?? (() => undefined),
  });
  return { turn, clock };
}

describe("a turn at a lane", () => {
  test("says at once that it was rung since it was last asked", async () => {
    const { turn } = held();
    turn.ring();
    turn.ring();
    expect(await turn.turn.rung()).toBe(true);
    expect(turn.isRung).toBe(false);
  });

  test("waits for a ring as long as it may linger", async () => {
    const { turn, clock } = held();
    const answer = turn.turn.rung();
    clock.advance(999);
    turn.ring();
    expect(await answer).toBe(true);
    expect(clock.timers).toBe(0);
    const last = turn.turn.rung();
    clock.advance(1_000);
    expect(await last).toBe(false);
    expect(turn.isEnding).toBe(true);
  });

  test("does not linger when another lane waits for its slot", async () => {
    expect(await held({ othersWait: () => true }).turn.turn.rung()).toBe(false);
    expect(await held({ lingerMs: 0 }).turn.turn.rung()).toBe(false);
    const { turn } = held();
    const answer = turn.turn.rung();
    turn.stopLingering();
    expect(await answer).toBe(false);
  });

  test("a ring after the turn was told to end is heard when it is asked again, or kept for the next turn", async () => {
    let resumed = 0;
    const { turn, clock } = held({ resumed: () => (resumed += 1) });
    const answer = turn.turn.rung();
    clock.advance(1_000);
    turn.ring();
    expect(await answer).toBe(false);
    expect(turn.isRung).toBe(true);
    expect(turn.isEnding).toBe(true);
    expect(resumed).toBe(0);
    expect(await turn.turn.rung()).toBe(true);
    expect(resumed).toBe(1);
    expect(turn.isEnding).toBe(false);
    expect(turn.isRung).toBe(false);
  });

  test("while attempts are in flight it looks by itself from time to time: the sweep passes over held lanes", async () => {
    const { turn, clock } = held();
    const dismissed = async (): Promise<boolean> => {
      const answer = turn.turn.rung();
      clock.advance(1_000);
      return answer;
    };
    const answers: boolean[] = [];
    for (let second = 0; second < 12; second += 1) answers.push(await dismissed());
    // Told to end after the first second, asked again once a second, and sent to look every five.
    expect(answers.filter(Boolean)).toHaveLength(2);
    expect(answers.indexOf(true)).toBe(5);
  });

  test("ends when it is drained, also while it lingers and also when it was rung", async () => {
    const { turn } = held();
    const answer = turn.turn.rung();
    turn.drain();
    expect(await answer).toBe(false);
    expect(turn.turn.drain.aborted).toBe(true);
    expect(turn.turn.lost.aborted).toBe(false);
    turn.ring();
    expect(await turn.turn.rung()).toBe(false);
  });

  test("F70 a lost lease fires its signal and ends the turn", async () => {
    const { turn } = held();
    const answer = turn.turn.rung();
    turn.lose();
    expect(await answer).toBe(false);
    expect(turn.turn.lost.aborted).toBe(true);
    expect(turn.isLost).toBe(true);
    await settled();
  });
});
