import { describe, expect, test } from "vitest";
import {
  afterReplayVerb,
  itemAfter,
  mustStop,
  nextMakes,
  replayStatuses,
  spellSelection,
  underWayMax,
  type ReplayVerb,
} from "./replay.ts";

describe("a verb", () => {
  const verbs: readonly ReplayVerb[] = ["pause", "resume", "cancel"];
  test("does what the table says to every status", () => {
    const table = replayStatuses.map((status) => [
      status,
      ...verbs.map((verb) => afterReplayVerb(status, verb)),
    ]);
    expect(table).toEqual([
      ["preparing", "paused", "preparing", "canceled"],
      ["running", "paused", "running", "canceled"],
      ["paused", "paused", "preparing", "canceled"],
      ["stopped", "stopped", "preparing", "canceled"],
      ["completed", null, null, null],
      ["canceled", null, null, "canceled"],
    ]);
  });
});

describe("the rate", () => {
  const at = (over: object = {}) => ({ ratePerSecond: 10, nextAt: 1_000, underWay: 0, ...over });

  test("is kept however often it is asked: no second sees more than its items and one", () => {
    let nextAt = 0;
    const made: number[] = [];
    for (let now = 0; now < 10_000; now += 7) {
      const step = nextMakes({ ratePerSecond: 30, nextAt, underWay: 0 }, now, 100);
      nextAt = step.nextAtAfter(step.count);
      for (let n = 0; n < step.count; n += 1) made.push(now);
    }
    for (const from of made) {
      expect(made.filter((when) => when >= from && when < from + 1_000).length).toBeLessThanOrEqual(31);
    }
    expect(made.length).toBeGreaterThan(280);
  });

  test("is not caught up with after a pause, but for a second", () => {
    expect(nextMakes(at(), 3_600_000, 1_000).count).toBe(11);
  });

  test("makes nothing before its time, and no more than may be under way", () => {
    expect(nextMakes(at(), 999, 100).count).toBe(0);
    expect(nextMakes(at({ underWay: underWayMax(10) }), 9_000, 100).count).toBe(0);
    expect(nextMakes(at({ underWay: underWayMax(10) - 3 }), 9_000, 100).count).toBe(3);
    expect(nextMakes(at({ underWay: 5_000 }), 9_000, 100).count).toBe(0);
  });

  test("waits on for what could not be made", () => {
    expect(nextMakes(at(), 9_000, 100).nextAtAfter(0)).toBe(1_000);
  });
});

describe("the stopping rule", () => {
  test.each([
    [null, 0, 100, 1_000, false],
    [0.5, 10, 10, 1_000, false],
    [0.5, 9, 11, 1_000, true],
    [0.5, 0, 19, 1_000, false],
    [0.5, 0, 9, 19, false],
    [0.5, 0, 10, 19, true],
    [0, 0, 1, 1, true],
    [0, 19, 1, 1_000, true],
    [0, 100, 0, 1_000, false],
    [1, 0, 100, 1_000, false],
    [0.5, 0, 0, 0, false],
  ])("ratio %s, %d delivered, %d failed of %d: %s", (...row) => {
    const [ratio, delivered, failed, total, stops] = row;
    expect(mustStop(ratio, { delivered, failed }, total)).toBe(stops);
  });
});

describe("an item under way", () => {
  test.each([
    ["deleted", null, "skipped"],
    ["not attempted yet", { status: "pending", attempts: 3, code: "http_5xx" }, "under_way"],
    ["delivered", { status: "delivered", attempts: 4, code: "ok" }, "delivered"],
    ["failed and to be retried", { status: "pending", attempts: 4, code: "http_5xx" }, "failed"],
    ["dead again", { status: "dead", attempts: 4, code: "gone" }, "failed"],
    ["of unknown outcome", { status: "pending", attempts: 4, code: "outcome_unknown" }, "under_way"],
    ["delivered after that", { status: "delivered", attempts: 5, code: "ok" }, "delivered"],
    ["canceled", { status: "canceled", attempts: 3, code: "http_5xx" }, "failed"],
  ] as const)("whose delivery is %s", (_, delivery, state) => {
    expect(itemAfter(delivery, 3)).toBe(state);
  });
});

test("the same selection is spelled the same in whatever order it was asked", () => {
  expect(spellSelection({ host: "a", code: "gone" })).toBe(spellSelection({ code: "gone", host: "a" }));
  expect(spellSelection({ host: "a" })).not.toBe(spellSelection({ host: "b" }));
});
