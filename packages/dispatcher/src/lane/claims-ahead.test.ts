// What a turn claims ahead of its slots, and what becomes of it when the receiver does not keep up.
import { beforeEach, describe, expect, it } from "vitest";
import { StoreUnavailable, type AttemptRecord, type ClaimedDelivery, type LanePace } from "@ringback/core";
import { claimedDelivery, FakeLaneStore } from "../testing/fake-lane-store.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { silentLog, testRandom } from "../testing/sender.ts";
import { TestTurn } from "../testing/turn.ts";
import { ClaimsAhead } from "./claims-ahead.ts";
import { LaneLoop } from "./lane-loop.ts";

const pace: LanePace = {
  maxInFlight: 3,
  ratePerSecond: null,
  ordered: false,
  health: null,
  notBefore: null,
};

let clock: ManualClock;
let lanes: FakeLaneStore;
let turn: TestTurn;
let inFlight: Map<string, (outcome: "delivered" | "failed") => void>;
let inFlightMost: number;
/** Claims are answered when this is resolved. */
let claimsGoOn: PromiseWithResolvers<void> | null;

beforeEach(() => {
  [clock, lanes, turn] = [new ManualClock(), new FakeLaneStore(), new TestTurn()];
  inFlight = new Map();
  inFlightMost = 0;
  claimsGoOn = null;
  const claim = lanes.claimDeliveries.bind(lanes);
  lanes.claimDeliveries = async (...asked) => {
    const claimed = await claim(...asked);
    await claimsGoOn?.promise;
    return claimed;
  };
});

function put(count: number): void {
  const ids = Array.from({ length: count }, (_, n) => `d${n}`);
  lanes.due.unshift(...ids.toReversed().map((id) => claimedDelivery("https://receiver.example/", { id })));
}

function recordOf(delivery: ClaimedDelivery, outcome: "delivered" | "failed"): AttemptRecord {
  const code = outcome === "delivered" ? "ok" : "http_5xx";
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
    ended: { outcome, code, retryAfterMs: null },
    detail: null,
    peerAddress: "127.0.0.1",
    policy: delivery.policy,
  };
}

function serve(concurrency: number): Promise<void> {
  const attempt = (delivery: ClaimedDelivery): Promise<AttemptRecord> =>
    new Promise((resolve) => {
      inFlight.set(delivery.id, (outcome) => resolve(recordOf(delivery, outcome)));
      inFlightMost = Math.max(inFlightMost, inFlight.size);
    });
  const breakOff = (): void => {
    for (const id of [...inFlight.keys()]) end(id);
  };
  const shared = { lanes, clock, random: testRandom, log: silentLog };
  return new LaneLoop(turn, { ...shared, concurrency, attempt, breakOff }).run();
}

function end(id: string | undefined, outcome: "delivered" | "failed" = "delivered"): void {
  const resolve = inFlight.get(id ?? "");
  if (id === undefined || resolve === undefined) throw new Error(`${id} is not in flight`);
  inFlight.delete(id);
  resolve(outcome);
}

/** Lets everything that waits for nothing outside happen. */
async function settled(): Promise<void> {
  for (let turns = 0; turns < 5; turns += 1) await new Promise((resolve) => void setImmediate(resolve));
}

/** From now on claims are answered only when this is called. */
function holdClaims(): () => void {
  const held = Promise.withResolvers<void>();
  claimsGoOn = held;
  return held.resolve;
}

/**
 * A turn with four slots, where all that was in flight ended during a claim, three attempts: d4 to d7 are in flight, and d8 to
 * d13, twice as many as had ended, wait for a slot. The turn is in an object, since a promise would be waited for.
 */
async function serveAhead(): Promise<{ readonly over: Promise<void> }> {
  put(20);
  const over = serve(4);
  await settled();
  const goOn = holdClaims();
  for (const id of ["d0", "d1", "d2", "d3"]) {
    end(id);
    await settled();
  }
  claimsGoOn = null;
  goOn();
  await settled();
  expect(lanes.claims).toEqual([4, 1, 9]);
  expect([...inFlight.keys()]).toEqual(["d4", "d5", "d6", "d7"]);
  return { over };
}

async function finish({ over }: { readonly over: Promise<void> }): Promise<void> {
  turn.startDrain();
  while (inFlight.size > 0) {
    for (const id of [...inFlight.keys()]) end(id);
    await settled();
  }
  await over;
  expect(clock.pending).toEqual([]);
}

describe("claiming ahead", () => {
  it("takes more while attempts end during claims, and never has more in flight than slots", async () => {
    const served = await serveAhead();
    expect(lanes.inFlight).toEqual([0, 3, 1]);
    end("d4");
    await settled();
    expect(lanes.claims).toEqual([4, 1, 9]);
    expect([...inFlight.keys()]).toEqual(["d5", "d6", "d7", "d8"]);
    await finish(served);
    expect(inFlightMost).toBe(4);
    expect(lanes.unclaimed).toEqual([]);
    expect(lanes.records).toHaveLength(14);
  });

  it("takes nothing ahead from a receiver that is slower than a claim", async () => {
    put(12);
    const over = serve(4);
    await settled();
    for (const id of ["d0", "d1", "d2", "d3"]) {
      end(id);
      await settled();
    }
    expect(lanes.claims).toEqual([4, 1, 1, 1, 1]);
    await finish({ over });
  });

  it("never takes more than three times the slots, nor anything before a claim has been answered", () => {
    const ahead = new ClaimsAhead({ clock, overdue: () => undefined });
    expect(ahead.allowed(4)).toBe(0);
    ahead.claimAsked();
    for (let ended = 0; ended < 20; ended += 1) ahead.attemptEnded();
    expect(ahead.allowed(4)).toBe(0);
    ahead.claimAnswered([], false);
    expect([ahead.allowed(4), ahead.allowed(10)]).toEqual([12, 20]);
  });

  it("takes twice as many as have ended when slots were idle meanwhile, and forgets a quick receiver with every claim", () => {
    const ahead = new ClaimsAhead({ clock, overdue: () => undefined });
    ahead.claimAsked();
    for (let ended = 0; ended < 5; ended += 1) ahead.attemptEnded();
    ahead.claimAnswered([], true);
    const allowed = Array.from({ length: 9 }, () => {
      const before = ahead.allowed(100);
      ahead.claimAsked();
      ahead.claimAnswered([], false);
      return before;
    });
    expect(allowed).toEqual([10, 9, 8, 7, 6, 5, 4, 3, 2]);
  });

  it("sends what waits when the turn is to end", async () => {
    const served = await serveAhead();
    await finish(served);
    expect(lanes.claims).toEqual([4, 1, 9]);
    expect(lanes.records).toHaveLength(14);
  });
});

describe("what was claimed ahead is given back", () => {
  const waiting = ["d8", "d9", "d10", "d11", "d12", "d13"];

  it("when an attempt fails, and then nothing is claimed ahead", async () => {
    const served = await serveAhead();
    end("d4", "failed");
    await settled();
    expect(lanes.unclaimed).toEqual(waiting);
    expect([...inFlight.keys()]).toEqual(["d5", "d6", "d7", "d14"]);
    expect(lanes.claims).toEqual([4, 1, 9, 1]);
    await finish(served);
    expect(lanes.records).toHaveLength(9);
  });

  it("when it has waited for a second", async () => {
    const served = await serveAhead();
    clock.advance(999);
    await settled();
    expect(lanes.unclaimed).toEqual([]);
    clock.advance(1);
    await settled();
    expect(lanes.unclaimed).toEqual(waiting);
    expect(inFlight.size).toBe(4);
    await finish(served);
  });

  it("but not what has come later than that", async () => {
    const served = await serveAhead();
    clock.advance(900);
    for (const id of ["d4", "d5", "d6", "d7", "d8", "d9"]) {
      end(id);
      await settled();
    }
    expect([lanes.claims, [...inFlight.keys()]]).toEqual([
      [4, 1, 9, 3],
      ["d10", "d11", "d12", "d13"],
    ]);
    clock.advance(100);
    await settled();
    expect(lanes.unclaimed).toEqual([]);
    await finish(served);
  });

  it("when the lane has got a pace", async () => {
    put(20);
    const over = serve(4);
    await settled();
    // Claims that are answered late, while all that is in flight ends.
    let goOn = holdClaims();
    for (const ids of [["d0", "d1", "d2"], ["d3"]]) {
      for (const id of ids) end(id);
      await settled();
    }
    for (const ids of [
      ["d4", "d5", "d6"],
      ["d7", "d8", "d9"],
    ]) {
      const answer = goOn;
      goOn = holdClaims();
      answer();
      await settled();
      for (const id of ids) end(id);
      await settled();
    }
    claimsGoOn = null;
    lanes.pace = pace;
    goOn();
    await settled();
    expect([lanes.claims, lanes.unclaimed]).toEqual([
      [4, 3, 3, 7, 3],
      ["d14", "d15", "d16"],
    ]);
    expect([...inFlight.keys()]).toEqual(["d10", "d11", "d12", "d13"]);
    await finish({ over });
    expect(lanes.records).toHaveLength(14);
  });

  it("not when the lease is lost: nothing of it is begun, and its next holder sees to it", async () => {
    const served = await serveAhead();
    turn.lose();
    await served.over;
    expect(lanes.unclaimed).toEqual([]);
    expect(inFlight.size).toBe(0);
    expect(clock.pending).toEqual([]);
  });

  it("whatever is said of it: that a lease is lost is told by the next claim or record", async () => {
    const served = await serveAhead();
    lanes.isLost = true;
    clock.advance(1_000);
    await settled();
    expect([lanes.unclaimed, inFlight.size]).toEqual([[], 4]);
    end("d4");
    clock.advance(5);
    await served.over;
    expect(inFlight.size).toBe(0);
  });

  it("when a claim fails, and nothing more is begun", async () => {
    const served = await serveAhead();
    lanes.claimFaults.push(new StoreUnavailable("busy", "busy"));
    for (const id of ["d4", "d5", "d6", "d7"]) end(id);
    await settled();
    expect(lanes.claims).toEqual([4, 1, 9, 3]);
    expect(lanes.unclaimed).toEqual(["d12", "d13"]);
    for (const id of [...inFlight.keys()]) end(id);
    await settled();
    expect(inFlight.size).toBe(0);
    clock.advance(2_000);
    await served.over;
    expect(lanes.records).toHaveLength(12);
  });

  it("and left to the next turn when this one was to end", async () => {
    const served = await serveAhead();
    lanes.due.length = 0;
    for (const id of ["d4", "d5", "d6", "d7"]) end(id);
    await settled();
    turn.dismiss();
    await settled();
    end("d8", "failed");
    await settled();
    expect(lanes.unclaimed).toEqual(["d12", "d13"]);
    put(9);
    for (const id of [...inFlight.keys()]) end(id);
    await settled();
    await served.over;
    expect(lanes.claims).toEqual([4, 1, 9, 3]);
  });

  it("again and again while the store is away, and the turn does not end before", async () => {
    const served = await serveAhead();
    lanes.unclaimFaults.push(new StoreUnavailable("busy", "busy"), new StoreUnavailable("busy", "busy"));
    end("d4", "failed");
    await settled();
    turn.startDrain();
    for (const id of [...inFlight.keys()]) end(id);
    await settled();
    let isOver = false;
    void served.over.then(() => (isOver = true));
    clock.advance(100);
    await settled();
    expect([isOver, lanes.unclaimed]).toEqual([false, []]);
    clock.advance(200);
    await finish(served);
    expect(lanes.unclaimed).toEqual(waiting);
  });

  it("or the turn ends after a pause, and whoever releases the lane tells of it", async () => {
    const served = await serveAhead();
    lanes.unclaimFaults.push(new TypeError("a fault"));
    end("d4", "failed");
    await settled();
    for (const id of [...inFlight.keys()]) end(id);
    await settled();
    clock.advance(1_500);
    await served.over;
    expect(lanes.unclaimed).toEqual([]);
    expect(clock.pending).toEqual([]);
  });
});
