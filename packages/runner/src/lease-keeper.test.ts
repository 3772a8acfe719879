import { StoreUnavailable, type RunExtension } from "@ringback/core";
import { describe, expect, test } from "vitest";
import { createLeaseKeeper, type LeaseKeeper, type RunLease } from "./lease-keeper.ts";
import { runnerDefaults } from "./settings.ts";
import { createKeptLog } from "./testing/fakes.ts";
import { createManualClock, type ManualClock } from "./testing/manual-clock.ts";
import { createMemoryStore } from "./testing/memory-store.ts";
import { pass, settled } from "./testing/until.ts";

interface Fixture {
  readonly clock: ManualClock;
  readonly keeper: LeaseKeeper;
  readonly leases: (RunLease & { readonly told: string[] })[];
  readonly state: { answer: (() => Promise<RunExtension[]>) | null; asked: number };
}

function fixture(count: number): Fixture {
  const clock = createManualClock();
  const store = createMemoryStore(clock);
  const state: Fixture["state"] = { answer: null, asked: 0 };
  store.runs.extend = (keys) => {
    state.asked += 1;
    return state.answer?.() ?? Promise.resolve(keys.map(() => "extended"));
  };
  const leases = Array.from({ length: count }, (_, at) => {
    const told: string[] = [];
    return {
      key: { tenantId: "t", jobId: `job_${at}`, token: 1 },
      endsMs: clock.monotonicMs() + runnerDefaults.leaseMs,
      told,
      lose: () => void told.push("lost"),
      cancel: () => void told.push("canceled"),
    };
  });
  const keeper = createLeaseKeeper({
    store,
    clock,
    log: createKeptLog(),
    settings: runnerDefaults,
    runs: () => leases.filter((lease) => !lease.told.includes("lost")),
    lanes: () => [],
  });
  return { clock, keeper, leases, state };
}

describe("the lease keeper", () => {
  test("extends everything that is held in one batch per heartbeat", async () => {
    const { clock, keeper, leases, state } = fixture(50);
    keeper.start();
    await pass(clock, 120_000);
    expect(state.asked).toBe(12);
    expect(leases.flatMap((lease) => lease.told)).toEqual([]);
    keeper.stop();
    expect(clock.timers).toBe(0);
  });

  test("F78 passes on a cancellation whose ring was lost", async () => {
    const { keeper, leases, state } = fixture(2);
    state.answer = async () => ["extended", "cancel_requested"];
    await keeper.runOnce();
    expect(leases.map((lease) => lease.told)).toEqual([[], ["canceled"]]);
  });

  test("F70 treats as lost what the store says is lost, and nothing else", async () => {
    const { keeper, leases, state } = fixture(2);
    state.answer = async () => ["lost", "extended"];
    await keeper.runOnce();
    expect(leases.map((lease) => lease.told)).toEqual([["lost"], []]);
  });

  test("F72 with the store away everything is lost at its lease end, not before and not after", async () => {
    const { clock, keeper, leases, state } = fixture(3);
    state.answer = () => Promise.reject(new StoreUnavailable("unreachable", "away"));
    keeper.start();
    await pass(clock, runnerDefaults.leaseMs - 250);
    expect(leases.flatMap((lease) => lease.told)).toEqual([]);
    await pass(clock, 250);
    expect(leases.map((lease) => lease.told)).toEqual([["lost"], ["lost"], ["lost"]]);
  });

  test("F72 a store that does not answer at all is no excuse", async () => {
    const { clock, keeper, leases, state } = fixture(1);
    state.answer = () => new Promise(() => undefined);
    keeper.start();
    await pass(clock, runnerDefaults.leaseMs);
    expect(leases[0]?.told).toEqual(["lost"]);
  });

  test("F72 a store that comes back in time keeps everything", async () => {
    const { clock, keeper, leases, state } = fixture(1);
    state.answer = () => Promise.reject(new StoreUnavailable("unreachable", "away"));
    keeper.start();
    await pass(clock, 25_000);
    state.answer = null;
    await pass(clock, 60_000);
    expect(leases[0]?.told).toEqual([]);
  });

  test("F63 a process that was held up for longer than its leases believes the store, not the time", async () => {
    const { clock, keeper, leases } = fixture(1);
    keeper.start();
    clock.stall(45_000);
    await settled();
    await pass(clock, 1_000);
    expect(leases[0]?.told).toEqual([]);
  });

  test("F75 after a jump of the wall clock leases are extended before anybody recovers", async () => {
    const { clock, keeper, state } = fixture(1);
    await keeper.beforeRecovery();
    expect(state.asked).toBe(0);
    clock.jump(2 * 3_600_000);
    await keeper.beforeRecovery();
    expect(state.asked).toBe(1);
    await keeper.beforeRecovery();
    expect(state.asked).toBe(1);
  });

  test("F75 nobody recovers when they cannot be extended", async () => {
    const { clock, keeper, state } = fixture(1);
    clock.jump(2 * 3_600_000);
    state.answer = () => Promise.reject(new StoreUnavailable("busy", "busy"));
    await expect(keeper.beforeRecovery()).rejects.toThrow(/could not be extended/);
  });
});
