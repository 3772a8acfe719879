import { describe, expect, test } from "vitest";
import { pacesOf, remainingMs, type Pace } from "./estimate.ts";

const now = 1_000_000;
const queued = { status: "queued", createdAt: now, runAt: null, startedAt: null } as const;
const running = { ...queued, status: "running", startedAt: now } as const;

function paceOf(...took: readonly (readonly [waitedMs: number, ranMs: number])[]): Pace {
  const past = took.map(([waitedMs, ranMs]) => ({ kind: "report", waitedMs, ranMs }));
  return pacesOf(past).get("report") ?? { wholeMs: [], ranMs: [] };
}

const pace = paceOf([10, 100], [20, 300], [0, 200], [30, 500], [5, 400]);

describe("how long a job may still take", () => {
  test("is the median of what its kind took, waiting included while it waits", () => {
    expect(remainingMs(running, pace, now)).toBe(300);
    expect(remainingMs(queued, pace, now)).toBe(320);
  });

  test("takes only those for its measure that took longer than it has taken", () => {
    const many = paceOf(...Array.from({ length: 20 }, (_, at) => [0, (at + 1) * 100] as const));
    expect(remainingMs(running, many, now + 1_000)).toBe(1_500 - 1_000);
    expect(remainingMs(running, many, now + 1_499)).toBe(1_700 - 1_499);
  });

  test("is unknown with fewer than five such jobs, for another kind, and when the job is done", () => {
    expect(remainingMs(running, pace, now + 100)).toBeNull();
    expect(remainingMs(running, paceOf([0, 1], [0, 1], [0, 1], [0, 1]), now)).toBeNull();
    expect(remainingMs({ ...running, status: "succeeded" }, pace, now)).toBeNull();
    expect([...pacesOf([{ kind: "a", waitedMs: 1, ranMs: 1 }]).keys()]).toEqual(["a"]);
  });

  test("counts the time until a job may begin, and from its first run on whatever came after", () => {
    expect(remainingMs({ ...queued, runAt: now + 5_000 }, pace, now)).toBe(5_320);
    expect(remainingMs({ ...queued, startedAt: now - 50 }, pace, now)).toBe(250);
  });
});
