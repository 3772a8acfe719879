import { describe, expect, test } from "vitest";
import { createKinds, type AnnouncedKind } from "@ringback/core";
import { createManualClock } from "../testing/manual-clock.ts";
import { createKindDirectory } from "./kind-directory.ts";

const report = { kind: "report", runTimeoutMs: 5, maxRuns: 2 };

function fixture(announced: AnnouncedKind[] = []) {
  const clock = createManualClock();
  const state = { announced, reads: 0, since: 0 };
  const directory = createKindDirectory({
    kinds: createKinds([{ kind: "echo", run: () => null }]),
    store: {
      announce: async () => undefined,
      async announced(since) {
        state.reads += 1;
        state.since = since;
        return state.announced;
      },
    },
    clock,
  });
  return { clock, state, directory };
}

describe("the kinds that may be submitted", () => {
  test("are those of this process, without asking, and those that another has announced in the last ten minutes", async () => {
    const { clock, state, directory } = fixture([report]);
    expect(await directory.find("echo")).toMatchObject({ kind: "echo", maxRuns: 1 });
    expect(state.reads).toBe(0);
    expect(await directory.find("report")).toEqual({ ...report, admitInput: null });
    expect(state.since).toBe(clock.now() - 600_000);
    expect(directory.names()).toEqual(["echo", "report"]);
  });

  test("a kind that is announced is accepted within a second, one that no longer is refused within five", async () => {
    const { clock, state, directory } = fixture();
    expect(await directory.find("report")).toBeNull();
    state.announced = [report];
    expect(await directory.find("report")).toBeNull();
    clock.advance(1_000);
    expect(await directory.find("report")).not.toBeNull();
    state.announced = [];
    clock.advance(4_999);
    expect(await directory.find("report")).not.toBeNull();
    clock.advance(1);
    expect(await directory.find("report")).toBeNull();
  });

  test("a thousand requests for unknown kinds cost one read", async () => {
    const { state, directory } = fixture();
    await Promise.all(Array.from({ length: 1_000 }, (_, at) => directory.find(`unknown-${at}`)));
    expect(state.reads).toBe(1);
  });
});
