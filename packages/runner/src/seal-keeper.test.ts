import { describe, expect, test } from "vitest";
import { StoreUnavailable, type LogFields, type Resealed, type SealLook } from "@ringback/core";
import { createSealKeeper } from "./seal-keeper.ts";
import { createManualClock } from "./testing/manual-clock.ts";
import { settled } from "./testing/until.ts";

const present = "aaaaaaaa";
const former = "bbbbbbbb";
const at = (n: number) => ({ table: "job" as const, kid: former, tenantId: "t", id: String(n), n: 0 });

/** Rows that a former key has sealed, and what is said and asked. */
function setUp(state: { rows: number; missing?: string[]; broken?: number; isOurs?: boolean }) {
  const clock = createManualClock();
  const said: [string, LogFields | undefined][] = [];
  const asked: string[] = [];
  const faults: Error[] = [];
  const say = (event: string, fields?: LogFields): void => void said.push([event, fields]);
  const keeper = createSealKeeper({
    clock,
    rowsAtOnce: 2,
    log: { debug: say, info: say, warn: say, error: say },
    seals: {
      async look(): Promise<SealLook> {
        asked.push("look");
        const fault = faults.shift();
        if (fault !== undefined) throw fault;
        const isNeeded = state.rows + (state.broken ?? 0) > 0;
        return { present, former: [{ kid: former, isNeeded }], missing: state.missing ?? [] };
      },
      countRows: async () => [],
      takeOver: async () => void asked.push("takeOver"),
      async reseal({ limit }): Promise<Resealed> {
        asked.push("reseal");
        if (state.isOurs === false) return { kind: "not_ours" };
        const rows = Math.min(limit, state.rows);
        state.rows -= rows;
        return {
          kind: "resealed",
          rows,
          broken: state.broken ?? 0,
          next: state.rows > 0 ? at(state.rows) : null,
        };
      },
    },
  });
  const events = () => said.map(([event]) => event);
  return { clock, keeper, said, asked, faults, state, events };
}

describe("the seal keeper", () => {
  test("seals again in small steps what a former key has sealed, and says once that the key is no longer needed", async () => {
    const { clock, keeper, said, asked, events } = setUp({ rows: 5 });
    await keeper.start();
    await settled();
    expect(asked).toEqual(["look", "takeOver", "reseal", "reseal", "reseal", "look"]);
    expect(events()).toEqual(["resealed", "former_master_key_free"]);
    expect(said[1]?.[1]?.["reason"]).toBe(
      `Everything is sealed with the master key ${present}; the former key ${former} is no longer needed for it`,
    );
    clock.advance(5_000);
    await settled();
    expect(asked.slice(6)).toEqual(["look"]);
    expect(events()).toHaveLength(2);
    await keeper.stop();
  });

  test("of a key that is listed and has sealed nothing it says nothing, since it may be the next one", async () => {
    const { keeper, asked, events } = setUp({ rows: 0 });
    await keeper.start();
    await settled();
    expect(asked).toEqual(["look", "takeOver"]);
    expect(events()).toEqual([]);
    await keeper.stop();
  });

  test("a key that is missing is told of once, nothing is sealed or decided with it, and when it opens again that is told", async () => {
    const { clock, keeper, said, asked, events, state } = setUp({ rows: 3, missing: ["cccccccc"] });
    await keeper.start();
    clock.advance(5_000);
    await settled();
    expect(asked).toEqual(["look", "look"]);
    expect(events()).toEqual(["master_key_missing"]);
    expect(said[0]?.[1]).toMatchObject({ kid: "cccccccc" });
    expect(said[0]?.[1]?.["reason"]).toMatch(/cccccccc, which is not here .*RINGBACK_FORMER_MASTER_KEYS$/);
    expect(keeper.missing).toEqual(["cccccccc"]);
    state.missing = [];
    clock.advance(5_000);
    await settled();
    expect(keeper.missing).toEqual([]);
    expect(events()).toEqual([
      "master_key_missing",
      "master_key_found",
      "resealed",
      "former_master_key_free",
    ]);
    await keeper.stop();
  });

  test("what another process seals with another key is left alone", async () => {
    const { keeper, asked, events } = setUp({ rows: 3, isOurs: false });
    await keeper.start();
    await settled();
    expect(asked).toEqual(["look", "takeOver", "reseal"]);
    expect(events()).toEqual([]);
    await keeper.stop();
  });

  test("values that do not open are told of once, and a store that is away is asked again", async () => {
    const { clock, keeper, faults, events } = setUp({ rows: 1, broken: 1 });
    faults.push(new StoreUnavailable("unreachable", "away"));
    await keeper.start();
    await settled();
    expect(events()).toEqual(["seal_look_failed"]);
    for (let look = 0; look < 2; look += 1) {
      clock.advance(5_000);
      await settled();
    }
    expect(events()).toEqual(["seal_look_failed", "resealed", "sealed_values_broken"]);
    await keeper.stop();
  });
});
