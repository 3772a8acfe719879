import type { Ring } from "@ringback/core";
import { describe, expect, test } from "vitest";
import { createTimerDoorbell } from "./doorbell.ts";
import { createManualClock } from "./testing/manual-clock.ts";
import { settled } from "./testing/until.ts";

async function started(): Promise<{
  readonly clock: ReturnType<typeof createManualClock>;
  readonly doorbell: ReturnType<typeof createTimerDoorbell>;
  readonly answered: Ring[];
}> {
  const clock = createManualClock(1_000_000);
  const doorbell = createTimerDoorbell({ clock });
  const answered: Ring[] = [];
  await doorbell.start((ring) => void answered.push(ring));
  return { clock, doorbell, answered };
}

const lane = (laneId: string, at: number): Ring => ({ kind: "lane", tenantId: "t", laneId, at });

describe("the embedded doorbell", () => {
  test("answers a due ring at once, but never inside the call that rings", async () => {
    const { clock, doorbell, answered } = await started();
    doorbell.ring([{ kind: "jobs", at: clock.now() }]);
    expect(answered).toEqual([]);
    await settled();
    expect(answered).toHaveLength(1);
  });

  test("rings of one commit for the same thing are answered once", async () => {
    const { clock, doorbell, answered } = await started();
    for (let at = 0; at < 100; at += 1)
      doorbell.ring([lane("a", clock.now()), { kind: "jobs", at: clock.now() - at }]);
    await settled();
    expect(answered.map((ring) => ring.kind).toSorted()).toEqual(["jobs", "lane"]);
  });

  test("answers a future ring when its time has come, the earliest of a lane first", async () => {
    const { clock, doorbell, answered } = await started();
    doorbell.ring([lane("a", clock.now() + 5_000), lane("b", clock.now() + 3_000)]);
    doorbell.ring([lane("a", clock.now() + 1_000)]);
    clock.advance(999);
    await settled();
    expect(answered).toEqual([]);
    clock.advance(1);
    await settled();
    expect(answered).toMatchObject([{ laneId: "a" }]);
    clock.advance(2_000);
    await settled();
    expect(answered).toMatchObject([{ laneId: "a" }, { laneId: "b" }]);
    expect(clock.timers).toBe(0);
  });

  test("jobs due at different times are rung for at each of them", async () => {
    const { clock, doorbell, answered } = await started();
    doorbell.ring([
      { kind: "jobs", at: clock.now() + 1_000 },
      { kind: "jobs", at: clock.now() + 1_500 },
    ]);
    clock.advance(1_000);
    await settled();
    expect(answered).toHaveLength(1);
    clock.advance(500);
    await settled();
    expect(answered).toHaveLength(2);
  });

  test("arms one timer however much is to come, and leaves what is far away to the sweep", async () => {
    const { clock, doorbell } = await started();
    doorbell.ring(Array.from({ length: 1_000 }, (_, at) => lane(`l${at}`, clock.now() + 10_000 + at)));
    expect(clock.timers).toBe(1);
    const far = await started();
    far.doorbell.ring([lane("a", far.clock.now() + 60_001)]);
    expect(far.clock.timers).toBe(0);
  });

  test("remembers at most ten thousand rings", async () => {
    const { clock, doorbell, answered } = await started();
    doorbell.ring(Array.from({ length: 20_000 }, (_, at) => lane(`l${at}`, clock.now() + 1)));
    clock.advance(1);
    await settled();
    expect(answered).toHaveLength(10_000);
  });

  test("keeps what was rung before it was started, and answers nothing after it was stopped", async () => {
    const clock = createManualClock();
    const doorbell = createTimerDoorbell({ clock });
    const answered: Ring[] = [];
    doorbell.ring([{ kind: "cancel", tenantId: "t", jobId: "j" }, lane("a", clock.now() + 10)]);
    await doorbell.start((ring) => void answered.push(ring));
    await settled();
    expect(answered).toMatchObject([{ kind: "cancel" }]);
    await doorbell.stop();
    clock.advance(10);
    doorbell.ring([{ kind: "jobs", at: clock.now() }]);
    await settled();
    expect(answered).toHaveLength(1);
    expect(clock.timers).toBe(0);
  });
});
