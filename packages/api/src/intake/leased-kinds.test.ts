import { readLeasedKind, type KindStore } from "@ringback/core";
import { describe, expect, test } from "vitest";
import { createCountingRandom } from "../testing/counting-random.ts";
import { createManualClock } from "../testing/manual-clock.ts";
import { createLeasedKinds, leasedKindsMax } from "./leased-kinds.ts";

type Announcement = Parameters<KindStore["announce"]>[0];

function fixture() {
  const clock = createManualClock();
  const said: Announcement[] = [];
  const state: { fault: Error | null; gate: Promise<void> } = { fault: null, gate: Promise.resolve() };
  const store = {
    async announce(announcement: Announcement): Promise<void> {
      await state.gate;
      if (state.fault !== null) throw state.fault;
      said.push(announcement);
    },
  };
  const leased = createLeasedKinds({ store, clock, random: createCountingRandom() });
  const kindsSaid = (): (string | undefined)[] | undefined =>
    said.at(-1)?.kinds.map(({ kind }) => readLeasedKind(kind)?.kind);
  return { clock, said, state, leased, kindsSaid };
}

describe("the kinds that are worked over leases", () => {
  test("are announced under their tenant's name as soon as they are asked for, and then twice a minute", async () => {
    const { clock, said, leased } = fixture();
    await leased.worked("mine", ["report"]);
    await leased.worked("mine", ["report"]);
    expect(said).toMatchObject([{ kinds: [{ kind: "@mine report", maxRuns: 1 }], now: clock.now() }]);
    clock.advance(30_000);
    await leased.worked("mine", ["report"]);
    expect(said).toHaveLength(2);
  });

  test("of one tenant stand together, however many ask, and apart from another's", async () => {
    const { said, leased, kindsSaid } = fixture();
    await leased.worked("mine", ["report"]);
    await leased.worked("mine", ["digest"]);
    expect(kindsSaid()).toEqual(["report", "digest"]);
    await leased.worked("theirs", ["print"]);
    expect(kindsSaid()).toEqual(["print"]);
    expect(new Set(said.map(({ holder }) => holder)).size).toBe(2);
  });

  test("are forgotten when nobody has asked for ten minutes", async () => {
    const { clock, leased, kindsSaid } = fixture();
    await leased.worked("mine", ["report", "digest"]);
    clock.advance(599_999);
    await leased.worked("mine", ["digest"]);
    expect(kindsSaid()).toEqual(["report", "digest"]);
    clock.advance(30_000);
    await leased.worked("mine", ["digest"]);
    expect(kindsSaid()).toEqual(["digest"]);
  });

  test("are at most a hundred of a tenant: more names say nothing and write nothing", async () => {
    const { said, leased, kindsSaid } = fixture();
    const names = Array.from({ length: leasedKindsMax + 1 }, (_, at) => `kind-${at}`);
    await leased.worked("mine", names);
    expect(kindsSaid()).toEqual(names.slice(0, leasedKindsMax));
    await leased.worked("mine", ["another"]);
    expect(said).toHaveLength(1);
    await leased.worked("theirs", ["another"]);
    expect(said).toHaveLength(2);
  });

  test("are announced one after the other, so that the newest list is what stays", async () => {
    const { said, state, leased } = fixture();
    const opened = Promise.withResolvers<void>();
    state.gate = opened.promise;
    const first = leased.worked("mine", ["report"]);
    await Promise.resolve();
    state.gate = Promise.resolve();
    const second = leased.worked("mine", ["digest"]);
    opened.resolve();
    await Promise.all([first, second]);
    expect(said.map(({ kinds }) => kinds.length)).toEqual([1, 2]);
  });

  test("are announced again at once when the store did not take them", async () => {
    const { said, state, leased } = fixture();
    state.fault = new Error("down");
    await expect(leased.worked("mine", ["report"])).rejects.toThrow("down");
    state.fault = null;
    await leased.worked("mine", ["report"]);
    expect(said).toHaveLength(1);
  });
});
