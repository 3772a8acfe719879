import { expect, test } from "vitest";
import { createManualClock } from "../testing/manual-clock.ts";
import { createSnapshots } from "./snapshots.ts";

function fixture(keptMax = 10) {
  const clock = createManualClock();
  const state = { reads: [] as string[], isAway: false };
  const snapshots = createSnapshots({
    async read(tenantId) {
      state.reads.push(tenantId);
      if (state.isAway) throw new Error("away");
      return `${tenantId} ${state.reads.length}`;
    },
    freshMs: 1_000,
    keptMax,
    clock,
  });
  return { clock, state, snapshots };
}

test("any number of callers cost one read while it is fresh", async () => {
  const { clock, snapshots } = fixture();
  const first = await Promise.all(Array.from({ length: 50 }, () => snapshots.read("a")));
  expect(new Set(first)).toEqual(new Set(["a 1"]));
  clock.advance(999);
  expect(await snapshots.read("a")).toBe("a 1");
  clock.advance(1);
  expect(await snapshots.read("a")).toBe("a 2");
  expect(await snapshots.read("b")).toBe("b 3");
});

test("a peek waits for nothing, and has a fresh one read for the next", async () => {
  const { clock, snapshots } = fixture();
  expect(snapshots.peek("a")).toBeNull();
  await snapshots.read("a");
  clock.advance(1_000);
  expect(snapshots.peek("a")).toBe("a 1");
  await snapshots.read("a");
  expect(snapshots.peek("a")).toBe("a 2");
});

test("what cannot be read is unknown and not asked for again at once; old tenants are forgotten", async () => {
  const { clock, state, snapshots } = fixture(2);
  state.isAway = true;
  expect([await snapshots.read("a"), await snapshots.read("a")]).toEqual([null, null]);
  expect(state.reads).toHaveLength(1);
  state.isAway = false;
  clock.advance(1_000);
  for (const tenantId of ["a", "b", "c"]) await snapshots.read(tenantId);
  await snapshots.read("c");
  expect(state.reads).toHaveLength(4);
  await snapshots.read("a");
  expect(state.reads).toHaveLength(5);
});
