import { describe, expect, test } from "vitest";
import { positionsIn, waitingLookMax } from "./waiting-position.ts";

const now = 1_000;

describe("a job's position", () => {
  test("is by priority, then due time, then id; what is to run later has none", () => {
    const queue = [
      { jobId: "b", priority: 0, dueAt: 500 },
      { jobId: "a", priority: 0, dueAt: 500 },
      { jobId: "early", priority: 0, dueAt: 400 },
      { jobId: "urgent", priority: 5, dueAt: now },
      { jobId: "later", priority: 100, dueAt: now + 1 },
    ];
    expect([...positionsIn(queue, now)]).toEqual([
      ["urgent", 1],
      ["early", 2],
      ["a", 3],
      ["b", 4],
    ]);
  });

  test("is unknown to everybody when more wait than are looked at", () => {
    const queue = Array.from({ length: waitingLookMax + 1 }, (_, at) => ({
      jobId: `job_${at}`,
      priority: 0,
      dueAt: 0,
    }));
    expect(positionsIn(queue, now).size).toBe(0);
    expect(positionsIn(queue.slice(1), now).size).toBe(waitingLookMax);
  });
});
