import { describe, expect, test } from "vitest";
import { wellLane } from "./lane-health.ts";
import {
  claimRoom,
  isOverdue,
  nextBatchAt,
  overdueMs,
  spreadMs,
  spreadOf,
  type LanePace,
} from "./lane-pace.ts";

const now = 1_000_000;
const free: LanePace = {
  maxInFlight: null,
  ratePerSecond: null,
  ordered: false,
  health: null,
  notBefore: null,
};

describe("how many may be claimed", () => {
  test.each<[string, Partial<LanePace>, { limit: number; inFlight: number }, number]>([
    ["a free lane gives what is asked for", {}, { limit: 10, inFlight: 90 }, 10],
    ["the slots of the endpoint", { maxInFlight: 3 }, { limit: 10, inFlight: 1 }, 2],
    ["none when all are taken", { maxInFlight: 3 }, { limit: 10, inFlight: 5 }, 0],
    ["one of an ordered lane", { ordered: true, maxInFlight: 3 }, { limit: 10, inFlight: 0 }, 1],
    ["the breaker's probes", { health: { ...wellLane, probes: 2 } }, { limit: 10, inFlight: 1 }, 1],
    ["none before it is time", { notBefore: now + 1 }, { limit: 10, inFlight: 0 }, 0],
    ["again when it is", { notBefore: now }, { limit: 10, inFlight: 0 }, 10],
    ["a batch of a rate", { ratePerSecond: 100 }, { limit: 50, inFlight: 0 }, 5],
  ])("%s", (_, over, asked, room) => {
    expect(claimRoom({ ...free, ...over }, { ...asked, now })).toBe(room);
  });

  test.each([1, 2, 3, 7, 20, 21, 25, 99, 100, 1_000])(
    "at %i per second no second, however it is laid, sees more",
    (ratePerSecond) => {
      const pace = { ...free, ratePerSecond };
      const begun: number[] = [];
      for (let at = now; at < now + 3_000; at = nextBatchAt(pace, at) ?? Infinity) {
        const size = claimRoom(pace, { limit: 10_000, inFlight: 0, now: at });
        for (let n = 0; n < size; n += 1) begun.push(at);
      }
      for (const from of new Set(begun)) {
        const within = begun.filter((at) => at >= from && at < from + 1_000).length;
        expect(within).toBeLessThanOrEqual(ratePerSecond);
      }
      expect(begun.length).toBeGreaterThanOrEqual(ratePerSecond * 2);
    },
  );
});

describe("F113 a backlog", () => {
  test("is what was due for long while nobody served its lane", () => {
    const dueAt = now - overdueMs - 1;
    expect(isOverdue({ dueAt, servedAt: null }, now)).toBe(true);
    expect(isOverdue({ dueAt, servedAt: now - overdueMs - 1 }, now)).toBe(true);
    expect(isOverdue({ dueAt, servedAt: now - 1 }, now)).toBe(false);
    expect(isOverdue({ dueAt: now - overdueMs, servedAt: null }, now)).toBe(false);
    expect(isOverdue({ dueAt: null, servedAt: null }, now)).toBe(false);
  });

  test("is spread over ten minutes unless it is small", () => {
    expect(spreadOf(60, now)).toBeNull();
    expect(spreadOf(6_000, now)).toEqual({ perSecond: 10, until: now + spreadMs });
  });
});
