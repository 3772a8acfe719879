// The loop of a turn: what it claims, when it claims it, and what becomes of every result.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { StoreUnavailable, type AttemptRecord, type ClaimedDelivery } from "@ringback/core";
import { claimedDelivery, FakeLaneStore } from "../testing/fake-lane-store.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { silentLog, testRandom } from "../testing/sender.ts";
import { TestTurn } from "../testing/turn.ts";
import { LaneLoop } from "./lane-loop.ts";

let clock: ManualClock;
let lanes: FakeLaneStore;
let turn: TestTurn;
let inFlight: Map<string, (record: AttemptRecord) => void>;
let inFlightMost: number;
let isBrokenOff: boolean;

beforeEach(() => {
  [clock, lanes, turn] = [new ManualClock(), new FakeLaneStore(), new TestTurn()];
  inFlight = new Map();
  inFlightMost = 0;
  isBrokenOff = false;
});

afterEach(() => {
  if (inFlight.size > 0) throw new Error("a turn ended with attempts in flight");
});

function recordOf(delivery: ClaimedDelivery): AttemptRecord {
  return {
    lane: turn.lane,
    deliveryId: delivery.id,
    attemptId: `att_${delivery.id}`,
    n: delivery.attempt,
    startedAt: 0,
    durationMs: 1,
    url: delivery.url,
    request: { headers: {}, bodyBytes: 1 },
    response: null,
    ended: { outcome: "delivered", code: "ok", retryAfterMs: null },
    detail: null,
    peerAddress: "127.0.0.1",
    policy: delivery.policy,
  };
}

function serve(concurrency: number): Promise<void> {
  const loop = new LaneLoop(turn, {
    lanes,
    clock,
    random: testRandom,
    log: silentLog,
    concurrency,
    attempt: (delivery) =>
      new Promise((resolve) => {
        inFlight.set(delivery.id, resolve);
        inFlightMost = Math.max(inFlightMost, inFlight.size);
      }),
    breakOff: () => {
      isBrokenOff = true;
      for (const id of [...inFlight.keys()]) end(id);
    },
  });
  return loop.run();
}

function put(...ids: string[]): void {
  lanes.due.unshift(...ids.toReversed().map((id) => claimedDelivery("https://receiver.example/", { id })));
}

function end(id: string): void {
  const resolve = inFlight.get(id);
  if (resolve === undefined) throw new Error(`${id} is not in flight`);
  inFlight.delete(id);
  resolve(recordOf(claimedDelivery("https://receiver.example/", { id })));
}

/** Lets everything that waits for nothing outside happen. */
function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Tells whether the turn has ended. */
function over(served: Promise<void>): () => boolean {
  let isOver = false;
  void served.then(() => (isOver = true));
  return () => isOver;
}

const recorded = (): string[] => lanes.records.map(({ deliveryId }) => deliveryId).toSorted();

describe("claiming", () => {
  it("takes as many as there are free slots, again while something is due, and every one is recorded", async () => {
    put("a", "b", "c", "d", "e");
    const served = serve(2);
    await settled();
    while (inFlight.size > 0) {
      for (const id of [...inFlight.keys()]) end(id);
      await settled();
    }
    turn.dismiss();
    await served;
    expect(recorded()).toEqual(["a", "b", "c", "d", "e"]);
    expect(inFlightMost).toBe(2);
    expect(Math.max(...lanes.claims)).toBe(2);
  });

  it("waits for a quarter of the slots to be free, or 5 ms, so that claims are batches", async () => {
    put(...Array.from({ length: 12 }, (_, n) => `d${n}`));
    const served = serve(8);
    await settled();
    const [first = "", second = "", third = ""] = [...inFlight.keys()];
    end(first);
    await settled();
    expect(lanes.claims).toEqual([8]);
    end(second);
    await settled();
    expect(lanes.claims).toEqual([8, 2]);
    end(third);
    await settled();
    expect(lanes.claims).toEqual([8, 2]);
    clock.advance(5);
    await settled();
    expect(lanes.claims).toEqual([8, 2, 1]);
    turn.startDrain();
    for (const id of [...inFlight.keys()]) end(id);
    await served;
    expect(recorded().length).toBe(11);
  });

  it("F111 a ring is answered at once while a slow attempt is in flight", async () => {
    put("slow");
    const served = serve(2);
    await settled();
    put("new");
    turn.ring();
    await settled();
    expect([...inFlight.keys()]).toEqual(["slow", "new"]);
    end("new");
    end("slow");
    turn.dismiss();
    await served;
    expect(recorded()).toEqual(["new", "slow"]);
  });

  it("goes on listening every second while attempts are in flight, though the turn is to end", async () => {
    put("slow");
    const served = serve(2);
    await settled();
    turn.dismiss();
    await settled();
    expect(turn.timesAsked).toBe(1);
    clock.advance(1_000);
    await settled();
    expect(turn.timesAsked).toBe(2);
    put("new");
    turn.ring();
    await settled();
    end("new");
    end("slow");
    turn.dismiss();
    await served;
    expect(recorded()).toEqual(["new", "slow"]);
  });

  it("ends when nothing is due, nothing is in flight, and nobody rings", async () => {
    const served = serve(2);
    await settled();
    turn.ring();
    await settled();
    turn.dismiss();
    await served;
    expect(lanes.claims).toEqual([2, 2]);
    expect(clock.pending).toEqual([]);
  });

  it("that fails ends the turn after what is in flight and a pause, so that faults do not spin; it never rejects", async () => {
    put("a", "b");
    const served = serve(1);
    const isOver = over(served);
    await settled();
    lanes.claimFaults.push(new StoreUnavailable("busy", "busy"));
    end("a");
    await settled();
    turn.ring();
    clock.advance(1_499);
    await settled();
    expect(isOver()).toBe(false);
    expect(lanes.claims).toEqual([1, 1]);
    clock.advance(1);
    await served;
    expect(recorded()).toEqual(["a"]);
    expect(lanes.claims).toEqual([1, 1]);
    expect(clock.pending).toEqual([]);
  });

  it("that fails holds up neither a drain nor the loss of the lease", async () => {
    for (const endPause of [() => turn.startDrain(), () => turn.lose()]) {
      turn = new TestTurn();
      lanes.claimFaults.push(new TypeError("a fault"));
      const served = serve(1);
      const isOver = over(served);
      await settled();
      expect(isOver()).toBe(false);
      endPause();
      await served;
      expect(clock.pending).toEqual([]);
    }
  });
});

describe("the end of a turn", () => {
  it("F76 drain claims no more, and finishes and records what is in flight", async () => {
    put("a", "b", "c");
    const served = serve(2);
    await settled();
    turn.startDrain();
    await settled();
    end("a");
    end("b");
    await served;
    expect(recorded()).toEqual(["a", "b"]);
    expect(lanes.due.length).toBe(1);
    expect(isBrokenOff).toBe(false);
  });

  it("a turn that was drained or lost before it began claims nothing", async () => {
    put("a");
    turn.startDrain();
    await serve(2);
    turn.lose();
    await serve(2);
    expect(lanes.claims).toEqual([]);
  });

  it("F72 a lost lease breaks off what is in flight and records none of it", async () => {
    put("a", "b");
    const served = serve(2);
    await settled();
    turn.lose();
    await served;
    expect(isBrokenOff).toBe(true);
    expect(recorded()).toEqual([]);
  });

  it("F70 a lease found lost by a claim or a record ends the turn the same way", async () => {
    put("a", "b");
    const served = serve(2);
    await settled();
    lanes.isLost = true;
    end("a");
    await served;
    expect(isBrokenOff).toBe(true);
    expect(recorded()).toEqual([]);
    turn = new TestTurn();
    await serve(2);
  });

  it("leaves no alarm behind", async () => {
    put("a");
    const served = serve(4);
    await settled();
    turn.dismiss();
    await settled();
    end("a");
    await served;
    expect(clock.pending).toEqual([]);
  });
});

describe("recording", () => {
  it("one result does not wait for another, nor does its slot", async () => {
    put("a", "b");
    const served = serve(1);
    await settled();
    lanes.recordFaults.push(new StoreUnavailable("unreachable", "away"));
    end("a");
    await settled();
    expect([...inFlight.keys()]).toEqual(["b"]);
    end("b");
    await settled();
    expect(recorded()).toEqual(["b"]);
    clock.advance(100);
    turn.dismiss();
    await served;
    expect(recorded()).toEqual(["a", "b"]);
  });

  it("F45 a result is kept and offered again while the store is away, and the delivery is not sent again", async () => {
    put("a");
    const served = serve(1);
    await settled();
    for (let n = 0; n < 4; n += 1) lanes.recordFaults.push(new StoreUnavailable("unreachable", "away"));
    end("a");
    for (const delayMs of [100, 200, 400, 800]) {
      await clock.whenSet(delayMs);
      clock.advance(delayMs);
      await settled();
    }
    turn.dismiss();
    await served;
    expect(recorded()).toEqual(["a"]);
  });

  it("F72 offering ends with the lease", async () => {
    put("a");
    const served = serve(1);
    await settled();
    lanes.recordFaults.push(new StoreUnavailable("unreachable", "away"));
    end("a");
    await clock.whenSet(100);
    turn.lose();
    await served;
    expect(recorded()).toEqual([]);
  });

  it("a record that the store cannot take is recorded without its findings, with its outcome", async () => {
    put("a");
    const served = serve(1);
    await settled();
    lanes.recordFaults.push(new TypeError("cannot bind"));
    end("a");
    turn.dismiss();
    await served;
    expect(lanes.records).toMatchObject([
      { deliveryId: "a", ended: { outcome: "delivered" }, request: null, response: null },
    ]);
  });

  it("one that it cannot take even so ends the turn after a pause, instead of sending again and again", async () => {
    put("a", "b");
    const served = serve(1);
    const isOver = over(served);
    await settled();
    lanes.recordFaults.push(new TypeError("cannot bind"), new TypeError("cannot bind"));
    end("a");
    await settled();
    // Its slot was filled again before the record had failed.
    end("b");
    await settled();
    put("c");
    turn.ring();
    await settled();
    expect(isOver()).toBe(false);
    clock.advance(1_500);
    await served;
    expect(recorded()).toEqual(["b"]);
    expect(lanes.due.map(({ id }) => id)).toEqual(["c"]);
    expect(clock.pending).toEqual([]);
  });
});
