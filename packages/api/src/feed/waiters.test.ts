import { describe, expect, test } from "vitest";
import type { Change } from "@ringback/core";
import { createManualClock } from "../testing/manual-clock.ts";
import { createWaiters, type Waiter } from "./waiters.ts";

function setUp(limits = { waitersMax: 10_000, waitersPerTenantMax: 10_000 }) {
  const clock = createManualClock();
  const listeners = new Set<(changes: readonly Change[]) => void>();
  /** Versions by job and heads by tenant, as the store would have them; and the size of every batch that was looked at. */
  const marks = new Map<string, number>();
  const looks: number[] = [];
  const waiters = createWaiters({
    clock,
    changes: {
      areComplete: () => true,
      subscribe(listener) {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
    },
    reads: {
      async jobVersions(keys) {
        looks.push(keys.length);
        return keys.map(({ jobId }) => marks.get(jobId) ?? null);
      },
      async replayVersions(keys) {
        looks.push(keys.length);
        return keys.map(({ replayId }) => marks.get(replayId) ?? null);
      },
      async feedHeads(tenantIds) {
        looks.push(tenantIds.length);
        return tenantIds.map((tenantId) => marks.get(tenantId) ?? 0);
      },
    },
    relookMs: 10_000,
    ...limits,
  });
  const tell = (...changes: Change[]): void => {
    for (const listener of listeners) listener(changes);
  };
  const join = (tenantId: string, jobId?: string): Waiter => {
    const waiter = waiters.join(jobId === undefined ? { tenantId } : { tenantId, jobId });
    if (waiter === null) throw new Error("refused");
    return waiter;
  };
  return { clock, waiters, listeners, tell, join, marks, looks };
}

describe("waiters", () => {
  test("a change of its own tenant wakes a waiter, another's does not", async () => {
    const { tell, join, clock } = setUp();
    const mine = join("a").next(1_000, 1);
    const theirs = join("b").next(1_000, 1);
    tell({ kind: "event", tenantId: "a" });
    expect(await mine).toBe("changed");
    clock.advance(1_000);
    expect(await theirs).toBe("timed_out");
  });

  test("a change between joining and waiting is not lost, and counts once", async () => {
    const { tell, join, clock } = setUp();
    const waiter = join("a");
    tell({ kind: "event", tenantId: "a" });
    tell({ kind: "event", tenantId: "a" });
    expect(await waiter.next(1_000, 1)).toBe("changed");
    const second = waiter.next(1_000, 1);
    clock.advance(1_250);
    expect(await second).toBe("timed_out");
  });

  test("whoever waits for a job hears of that job only", async () => {
    const { tell, join, clock } = setUp();
    const waiting = join("a", "job_1").next(500, 1);
    tell({ kind: "job", tenantId: "a", jobId: "job_2" }, { kind: "event", tenantId: "a" });
    tell({ kind: "job", tenantId: "b", jobId: "job_1" });
    const heard = join("a", "job_1").next(500, 1);
    clock.advance(100);
    tell({ kind: "job", tenantId: "a", jobId: "job_1" });
    expect(await Promise.all([waiting, heard])).toEqual(["changed", "changed"]);
  });

  test("F122 ten thousand waiters share a few timers, and leave none behind", async () => {
    const { clock, join, waiters, listeners } = setUp();
    const joined = Array.from({ length: 10_000 }, (_, index) => join(`tenant ${index % 7}`));
    const waiting = joined.map((waiter, index) => waiter.next(1_000 + (index % 60) * 1_000, 1));
    // One for all deadlines, one for the look at what no change told.
    expect(clock.armed).toBe(2);
    expect(listeners.size).toBe(1);
    clock.advance(60_250);
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(["timed_out"]));
    for (const waiter of joined) waiter.end();
    expect([clock.armed, listeners.size, waiters.size]).toEqual([0, 0, 0]);
  });

  test("F122 nobody waits beyond the bounds, in all and for one tenant", () => {
    const { waiters, join } = setUp({ waitersMax: 3, waitersPerTenantMax: 2 });
    const first = join("a");
    join("a");
    expect(waiters.join({ tenantId: "a" })).toBeNull();
    join("b");
    expect(waiters.join({ tenantId: "c" })).toBeNull();
    first.end();
    first.end();
    expect(waiters.size).toBe(2);
    expect(waiters.join({ tenantId: "a" })).not.toBeNull();
  });

  test("never wakes before its time, and at most a step after it", async () => {
    const { clock, join } = setUp();
    clock.advance(10);
    let woken: string | null = null;
    const waiting = join("a")
      .next(1_000, 1)
      .then((waking) => (woken = waking));
    clock.advance(999);
    await Promise.resolve();
    expect(woken).toBeNull();
    clock.advance(251);
    expect(await waiting).toBe("timed_out");
  });

  test("F121 the drain wakes everybody, and nobody waits after it", async () => {
    const { waiters, join, clock } = setUp();
    const waiting = [join("a").next(60_000, 1), join("b", "job_1").next(60_000, 1)];
    const idle = join("c");
    waiters.drain();
    expect(await Promise.all(waiting)).toEqual(["draining", "draining"]);
    expect(await idle.next(60_000, 1)).toBe("draining");
    expect(await join("d").next(60_000, 1)).toBe("draining");
    expect(clock.armed).toBe(0);
  });

  test("F122 a change that nobody heard of is found by the next look, in batches and not one by one", async () => {
    const { clock, join, marks, looks } = setUp();
    const jobs = Array.from({ length: 1_200 }, (_, index) => `job_${index}`);
    for (const job of jobs) marks.set(job, 3);
    const waiting = jobs.map((job) => join("a", job).next(60_000, 3));
    const feed = join("a").next(60_000, 7);
    marks.set("job_700", 4).set("a", 7);
    clock.advance(10_000);
    expect(await waiting[700]).toBe("changed");
    while (clock.armed < 2) await Promise.resolve();
    expect(looks).toEqual([500, 500, 200, 1]);
    marks.delete("job_5");
    marks.set("a", 8);
    clock.advance(10_000);
    expect([await waiting[5], await feed]).toEqual(["changed", "changed"]);
    clock.advance(40_250);
    const rest = await Promise.all(waiting.filter((_, index) => index !== 5 && index !== 700));
    expect(new Set(rest)).toEqual(new Set(["timed_out"]));
  });

  test("ending a waiter that waits lets go of it", async () => {
    const { join, clock } = setUp();
    const waiter = join("a");
    const waiting = waiter.next(60_000, 1);
    waiter.end();
    expect(await waiting).toBe("aborted");
    expect(clock.armed).toBe(0);
  });
});
