import { describe, expect, test } from "vitest";
import { createManualClock } from "./testing/manual-clock.ts";
import { createRunnerFixture } from "./testing/runner-fixture.ts";

const announcements = (store: ReturnType<typeof createRunnerFixture>["store"]): unknown[] =>
  store.log.filter(({ call }) => call === "announce").map(({ given }) => given);

describe("the kinds of a process", () => {
  test("are announced with their defaults at the first sweep, and then twice a minute", async () => {
    const clock = createManualClock();
    const { runner, store } = createRunnerFixture({ clock });
    await runner.runOnce();
    await runner.runOnce();
    expect(announcements(store)).toMatchObject([
      { kinds: [{ kind: "work", runTimeoutMs: 900_000, maxRuns: 1 }], now: clock.now() },
    ]);
    clock.advance(30_000);
    await runner.runOnce();
    expect(announcements(store)).toHaveLength(2);
  });

  test("are announced again at once when the store did not take it", async () => {
    const clock = createManualClock();
    const { runner, store } = createRunnerFixture({ clock });
    store.down.add("announce");
    expect(await runner.runOnce()).toBeNull();
    store.down.delete("announce");
    await runner.runOnce();
    expect(announcements(store)).toHaveLength(2);
  });

  test("a process that runs no jobs announces none", async () => {
    const { runner, store } = createRunnerFixture({
      clock: createManualClock(),
      settings: { runConcurrency: 0 },
    });
    await runner.runOnce();
    expect(announcements(store)).toEqual([]);
  });

  test("F77 jobs of a kind that another process has announced are left to it", async () => {
    const clock = createManualClock();
    const { runner, store } = createRunnerFixture({ clock });
    store.kindsElsewhere.push({ kind: "far", runTimeoutMs: 1, maxRuns: 1 });
    await runner.runOnce();
    const asked = store.log.find(({ call }) => call === "failUnknownKinds");
    expect(asked?.given).toMatchObject({ kinds: ["work", "far"] });
    const since = store.log.find(({ call }) => call === "announced");
    expect(since?.given).toBe(clock.now() - 600_000);
  });
});
