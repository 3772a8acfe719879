// When records are written, and who hears of a fault.
import { expect, it } from "vitest";
import { StoreUnavailable, type AttemptRecord } from "@ringback/core";
import { ManualClock } from "../testing/manual-clock.ts";
import { RecordBatch } from "./record-batch.ts";

function recordOf(deliveryId: string): AttemptRecord {
  return {
    lane: { tenantId: "default", laneId: "https://receiver.example", token: 1 },
    deliveryId,
    attemptId: `att_${deliveryId}`,
    n: 1,
    startedAt: 0,
    durationMs: 1,
    url: "https://receiver.example/",
    request: null,
    response: null,
    ended: { outcome: "delivered", code: "ok", retryAfterMs: null },
    detail: null,
    peerAddress: null,
    policy: [],
  };
}

function open(refuse: (ids: readonly string[]) => Error | null = () => null) {
  const clock = new ManualClock();
  const written: string[][] = [];
  const recordAttempts = async (items: readonly AttemptRecord[]): Promise<"recorded"[]> => {
    const ids = items.map((item) => item.deliveryId);
    const fault = refuse(ids);
    if (fault !== null) throw fault;
    written.push(ids);
    return items.map(() => "recorded");
  };
  const batch = new RecordBatch({ lanes: { recordAttempts }, clock, recordsMax: 3 });
  return { clock, written, batch };
}

it("writes a batch when it is full, when it is told to, or after 5 ms, and never an empty one", async () => {
  const { clock, written, batch } = open();
  batch.flush();
  const full = ["a", "b", "c"].map((id) => batch.add(recordOf(id)));
  expect(await Promise.all(full)).toEqual(["recorded", "recorded", "recorded"]);
  const told = batch.add(recordOf("d"));
  batch.flush();
  await told;
  const late = batch.add(recordOf("e"));
  expect(written).toEqual([["a", "b", "c"], ["d"]]);
  clock.advance(5);
  await late;
  expect(written).toEqual([["a", "b", "c"], ["d"], ["e"]]);
});

it("writes each alone when a batch is refused, so that only the culprit hears of it", async () => {
  const { written, batch } = open((ids) => (ids.includes("b") ? new Error("cannot be kept") : null));
  const answers = await Promise.allSettled(["a", "b", "c"].map((id) => batch.add(recordOf(id))));
  expect(answers.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(written).toEqual([["a"], ["c"]]);
});

it("F21 tells everybody when the store is not there, without asking it again for each", async () => {
  let calls = 0;
  const { batch } = open(() => {
    calls += 1;
    return new StoreUnavailable("busy", "the store is busy");
  });
  const answers = await Promise.allSettled(["a", "b", "c"].map((id) => batch.add(recordOf(id))));
  expect(answers.every(({ status }) => status === "rejected")).toBe(true);
  expect(calls).toBe(1);
});

it("holds what is brought back until it is released or written, and then counts its 5 ms", async () => {
  const { clock, written, batch } = open();
  const before = batch.add(recordOf("a"));
  batch.hold();
  const held = ["b", "c", "d"].map((id) => batch.add(recordOf(id)));
  clock.advance(5_000);
  expect(written).toEqual([]);
  batch.release();
  await Promise.all([before, ...held]);
  expect(written).toEqual([["a", "b", "c", "d"]]);
  batch.hold();
  const late = batch.add(recordOf("e"));
  batch.release();
  expect(written).toHaveLength(1);
  clock.advance(5);
  await late;
  batch.hold();
  const last = batch.add(recordOf("f"));
  batch.flush();
  await last;
  expect(written).toEqual([["a", "b", "c", "d"], ["e"], ["f"]]);
});
