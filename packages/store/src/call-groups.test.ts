import { describe, expect, it } from "vitest";
import { StoreUnavailable, type Clock } from "@ringback/core";
import { createCallGroups } from "./call-groups.ts";

const onlyUnavailable = (thrown: unknown) => (thrown instanceof StoreUnavailable ? thrown : null);

/** A commit that takes until the test lets it go. */
function slowCommits() {
  const groups = createCallGroups(onlyUnavailable);
  const commits: { readonly calls: readonly string[]; readonly finish: (fault?: Error) => void }[] = [];
  let begun = (): void => undefined;
  const write = groups.line<string, string>(
    (calls) =>
      new Promise((resolve, reject) => {
        const finish = (fault?: Error): void =>
          fault === undefined ? resolve(calls.map((call) => call.toUpperCase())) : reject(fault);
        commits.push({ calls, finish });
        begun();
      }),
  );
  /** The commit with this number, as soon as it is under way. */
  async function commit(at: number) {
    while (commits[at] === undefined) await new Promise<void>((resolve) => void (begun = resolve));
    return commits[at];
  }
  return { groups, write, commit };
}

describe("groups of calls", () => {
  it("what is brought while a commit is under way shares the next one, and each caller hears its own answer", async () => {
    const { groups, write, commit } = slowCommits();
    const first = write("a");
    const under = await commit(0);
    const rest = Promise.all(["b", "c", "d"].map(write));
    under.finish();
    expect(await first).toBe("A");
    const next = await commit(1);
    expect(next.calls).toEqual(["b", "c", "d"]);
    next.finish();
    expect(await rest).toEqual(["B", "C", "D"]);
    expect(groups.statistics).toMatchObject({ commits: 2, items: 4, sizes: [1, 0, 1, 0, 0, 0, 0, 0, 0, 0] });
  });

  it("when a group fails through one of its calls, only that one is refused", async () => {
    const groups = createCallGroups(onlyUnavailable);
    const fault = new Error("culprit");
    const write = groups.line<string, string>(async (calls) => {
      if (calls.includes("bad")) throw fault;
      return calls;
    });
    const settled = await Promise.allSettled(["a", "bad", "b"].map(write));
    expect(settled).toEqual([
      { status: "fulfilled", value: "a" },
      { status: "rejected", reason: fault },
      { status: "fulfilled", value: "b" },
    ]);
  });

  it("when the database is out of reach, all are refused at once instead of each waiting for it", async () => {
    const { write, commit } = slowCommits();
    const settled = Promise.allSettled(["a", "b", "c"].map(write));
    const away = new StoreUnavailable("unreachable", "away");
    (await commit(0)).finish(away);
    expect(await settled).toEqual(Array.from({ length: 3 }, () => ({ status: "rejected", reason: away })));
    const again = write("d");
    const next = await commit(1);
    expect(next.calls).toEqual(["d"]);
    next.finish();
    expect(await again).toBe("D");
  });

  it("a group is bounded, and what is beyond it comes in the next one", async () => {
    const groups = createCallGroups(onlyUnavailable);
    const write = groups.line<number, number>(async (calls) => calls);
    await Promise.all(Array.from({ length: 1_200 }, (_, at) => write(at)));
    expect(groups.statistics).toMatchObject({ commits: 3, items: 1_200 });
  });

  it("lines do not wait for each other, and drained waits for all of them", async () => {
    const { groups, write, commit } = slowCommits();
    const slow = write("a");
    const under = await commit(0);
    const quick = groups.line<string, string>(async (calls) => calls);
    expect(await quick("b")).toBe("b");
    let drained = false;
    const waiting = groups.drained().then(() => (drained = true));
    expect(drained).toBe(false);
    under.finish();
    await Promise.all([slow, waiting]);
    expect(drained).toBe(true);
  });

  it("one that gathers waits until as many have come as lately came together, and no longer than it may", async () => {
    let nowMs = 0;
    const timers: (() => void)[] = [];
    let armed = (): void => undefined;
    const clock: Clock = {
      now: () => nowMs,
      monotonicMs: () => nowMs,
      after(_delayMs, wake) {
        timers.push(wake);
        armed();
        return () => undefined;
      },
    };
    const groups = createCallGroups(onlyUnavailable);
    const sizes: number[] = [];
    const ask = groups.line<number, number>(
      async (calls) => {
        sizes.push(calls.length);
        return calls;
      },
      { withinMs: 2, clock },
    );
    const untilArmed = (): Promise<void> => new Promise((resolve) => (armed = resolve));
    // The first does not know of any others.
    await Promise.all([1, 2, 3, 4].map(ask));
    expect(sizes).toEqual([4]);
    let waits = untilArmed();
    const some = [1, 2].map(ask);
    await waits;
    // With these there are as many as before.
    await Promise.all([...some, ...[3, 4].map(ask)]);
    expect(sizes).toEqual([4, 4]);
    waits = untilArmed();
    const few = [1, 2].map(ask);
    await waits;
    nowMs = 2;
    timers.at(-1)?.();
    await Promise.all(few);
    // The time since the last one is over by now.
    nowMs = 4;
    await ask(1);
    expect(sizes).toEqual([4, 4, 2, 1]);
  });
});
