import { expect, test } from "vitest";
import type { EndedAttempt } from "../delivery/after-attempt.ts";
import type { AttemptCode } from "../delivery/outcome.ts";
import { noJitter } from "../testing/seeded-random.ts";
import {
  afterLaneAttempts,
  breakerFailures,
  failingPausesMs,
  wellLane,
  type LaneHealth,
} from "./lane-health.ts";

const now = 1_000_000_000;
const ended = (code: AttemptCode): EndedAttempt => ({
  outcome: code === "ok" ? "delivered" : code === "outcome_unknown" ? code : "failed",
  code,
  retryAfterMs: null,
});
const after = (health: LaneHealth | null, codes: readonly AttemptCode[], at = now) =>
  afterLaneAttempts(health, codes.map(ended), { now: at, slots: 4, random: noJitter });
const times = (count: number, code: AttemptCode): AttemptCode[] => Array<AttemptCode>(count).fill(code);

test("a receiver that is well is remembered by nothing", () => {
  expect(after(null, ["ok", "outcome_unknown", "sender_fault"])).toEqual({
    health: null,
    warnPercent: null,
    pauses: false,
  });
  expect(after({ ...wellLane, failures: 3, failingSince: 1 }, ["ok"]).health).toBeNull();
});

test.each<[AttemptCode, boolean]>([
  ["http_5xx", true],
  ["connect_refused", true],
  ["throttled", true],
  ["http_4xx", false],
  ["redirect_not_followed", false],
  ["no_retry", false],
  ["sender_fault", false],
  ["outcome_unknown", false],
])("F111 %s in a row opens the breaker: %s", (code, opens) => {
  expect(after(null, times(breakerFailures - 1, code)).health?.openUntil ?? null).toBeNull();
  const openUntil = after(null, times(breakerFailures, code)).health?.openUntil ?? null;
  expect(openUntil).toBe(opens ? now + 10_000 : null);
});

test("F112 what ends while it is open does not open it again; a failed probe does, for twice as long, up to 5 min", () => {
  const open = after(null, times(breakerFailures, "http_5xx")).health;
  expect(after(open, times(50, "headers_timeout"), now + 9_999).health).toEqual(open);
  let health = open;
  let at = now + 10_000;
  for (const forMs of [20_000, 40_000, 80_000, 160_000, 300_000, 300_000]) {
    health = after(health, ["http_5xx"], at).health;
    expect(health?.openUntil).toBe(at + forMs);
    at += forMs;
  }
});

test.each([
  [0, 8_000],
  [0.5, 10_000],
  [1, 12_000],
])(
  "F112 lanes that open together do not probe together: at a chance of %d one waits %d ms",
  (unit, waitMs) => {
    const random = { ...noJitter, unit: () => unit };
    const failed = times(breakerFailures, "http_5xx").map(ended);
    const { health } = afterLaneAttempts(null, failed, { now, slots: 4, random });
    expect(health?.openUntil).toBe(now + waitMs);
  },
);

test("F112 successes ramp it up from one to all slots, and then it is closed", () => {
  let { health } = after(null, times(breakerFailures, "http_5xx"));
  const probes: (number | null | undefined)[] = [];
  for (let n = 0; n < 3; n += 1) {
    ({ health } = after(health, ["ok"], now + 10_000));
    probes.push(health?.probes);
  }
  expect(probes).toEqual([2, 3, undefined]);
});

test("F110 failing warns at 50 % and 90 % of five days, once each, and then pauses", () => {
  let { health } = after(null, ["http_4xx"]);
  const told = [0.49, 0.5, 0.6, 0.9, 0.95, 1].map((part) => {
    const step = after(health, ["http_4xx"], now + failingPausesMs * part);
    ({ health } = step);
    return [step.warnPercent, step.pauses];
  });
  expect(told).toEqual([
    [null, false],
    [50, false],
    [null, false],
    [90, false],
    [null, false],
    [null, true],
  ]);
});
