import { describe, expect, it } from "vitest";
import { StoreUnavailable, type Log } from "@ringback/core";
import { createGroupCommit, type GroupCommitOptions } from "./group-commit.ts";
import { quiet } from "./testing/sqlite-ground.ts";

/** A database that is a list: what is written in a transaction is there once it is committed. */
function createList(over: Partial<GroupCommitOptions> = {}) {
  let committed: string[] = [];
  let pending: string[] = [];
  const told: string[] = [];
  const writes = createGroupCommit({
    transaction(body) {
      pending = [...committed];
      body();
      committed = pending;
    },
    committed: () => void told.push("committed"),
    rolledBack: () => void told.push("rolled back"),
    asUnavailable: (thrown) => (thrown instanceof StoreUnavailable ? thrown : null),
    log: quiet,
    ...over,
  });
  const write = (text: string) =>
    writes.run(() => {
      pending.push(text);
      return pending.length;
    });
  return { writes, write, told, rows: () => committed };
}

describe("group commit", () => {
  it("what is brought in one turn is committed once, and each caller hears its own result", async () => {
    const { write, writes, told, rows } = createList();
    expect(await Promise.all(["a", "b", "c"].map(write))).toEqual([1, 2, 3]);
    expect(writes.statistics).toMatchObject({ commits: 1, items: 3 });
    expect(told).toEqual(["committed"]);
    expect(rows()).toEqual(["a", "b", "c"]);
  });

  it("nobody hears a result before the commit", async () => {
    const { write, rows } = createList();
    let before: readonly string[] | null = null;
    const written = write("a").then(() => (before = rows()));
    expect(rows()).toEqual([]);
    await written;
    expect(before).toEqual(["a"]);
  });

  it("when one fails, only it is refused, and the others are committed in order", async () => {
    const { writes, write, told, rows } = createList();
    const fault = new Error("culprit");
    const fail = () =>
      writes.run(() => {
        throw fault;
      });
    const settled = await Promise.allSettled([write("a"), fail(), write("b")]);
    expect(settled).toEqual([
      { status: "fulfilled", value: 1 },
      { status: "rejected", reason: fault },
      { status: "fulfilled", value: 2 },
    ]);
    expect(rows()).toEqual(["a", "b"]);
    expect(told).toEqual(["rolled back", "committed", "rolled back", "committed"]);
  });

  it("a held lock refuses all at once instead of keeping each waiting", async () => {
    let begun = 0;
    const busy = new StoreUnavailable("busy", "held");
    const { write } = createList({
      transaction: () => {
        begun += 1;
        throw busy;
      },
    });
    const settled = await Promise.allSettled(["a", "b", "c"].map(write));
    expect(settled.map((one) => one.status === "rejected" && one.reason === busy)).toEqual([
      true,
      true,
      true,
    ]);
    expect(begun).toBe(1);
  });

  it("a group is bounded, and what is beyond it comes in the next one", async () => {
    const { write, writes } = createList();
    await Promise.all(Array.from({ length: 2_500 }, (_, at) => write(String(at))));
    expect(writes.statistics).toMatchObject({
      commits: 3,
      items: 2_500,
      sizes: [0, 0, 0, 0, 0, 0, 0, 0, 1, 2],
    });
  });

  it("what is waiting is committed at close, and what comes later is refused as unreachable", async () => {
    const { write, writes, rows } = createList();
    const waiting = write("a");
    writes.close();
    expect(await waiting).toBe(1);
    expect(rows()).toEqual(["a"]);
    await expect(write("b")).rejects.toMatchObject({ name: "StoreUnavailable", code: "unreachable" });
  });

  it("a fault in what follows a commit does not undo the callers' results", async () => {
    const errors: string[] = [];
    const log: Log = { ...quiet, error: (name) => void errors.push(name) };
    const committed = (): void => {
      throw new Error("ring failed");
    };
    const { write } = createList({ committed, log });
    expect(await write("a")).toBe(1);
    expect(errors).toEqual(["store.after_commit_failed"]);
  });
});
