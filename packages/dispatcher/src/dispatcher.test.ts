import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Socket } from "node:net";
import { createDispatcher, type Dispatcher } from "./dispatcher.ts";
import { claimedDelivery, FakeLaneStore } from "./testing/fake-lane-store.ts";
import { answerText, startReceiver, type Exchange, type Receiver } from "./testing/receiver.ts";
import { createSender, silentLog, testRandom, type Sender } from "./testing/sender.ts";
import { TestTurn } from "./testing/turn.ts";

let sender: Sender;
let lanes: FakeLaneStore;
let receiver: Receiver | null = null;

beforeEach(() => {
  sender = createSender();
  lanes = new FakeLaneStore();
});
afterEach(async () => {
  await receiver?.close();
  receiver = null;
});

function dispatcherOf(store: FakeLaneStore): Dispatcher {
  const { guard, clock } = sender;
  return createDispatcher({
    lanes: store,
    guard,
    clock,
    random: testRandom,
    log: silentLog,
    userAgent: "Ringback/test",
    settings: { laneConcurrency: 4, stopMs: 10_000 },
  });
}

async function receiving(answer: (exchange: Exchange) => void): Promise<string> {
  receiver = await startReceiver(answer);
  return receiver.url;
}

const ok = ({ socket }: Exchange): void => void socket.write(answerText("200 OK"));

describe("a lane", () => {
  it("is served until it is empty: everything is sent and recorded, with at most its concurrency of sockets", async () => {
    const url = await receiving(ok);
    for (let n = 0; n < 50; n += 1)
      lanes.due.push(claimedDelivery(url, { id: `dlv_${n}`, eventId: `evt_${n}` }));
    const turn = new TestTurn();
    turn.dismiss();
    await dispatcherOf(lanes).serve(turn);
    expect(lanes.records.length).toBe(50);
    expect(lanes.records.every(({ ended }) => ended.outcome === "delivered")).toBe(true);
    expect(new Set(lanes.records.map(({ deliveryId }) => deliveryId)).size).toBe(50);
    expect(receiver?.requests.length).toBe(50);
    expect(receiver?.connections()).toBeLessThanOrEqual(4);
  });

  it("leaves no socket open when its turn ends, and shares none with the next", async () => {
    const url = await receiving(ok);
    const dispatcher = dispatcherOf(lanes);
    for (let turns = 1; turns <= 3; turns += 1) {
      lanes.due.push(claimedDelivery(url));
      const turn = new TestTurn();
      turn.dismiss();
      await dispatcher.serve(turn);
      expect(receiver?.connections()).toBe(turns);
    }
    while ((receiver?.open() ?? 0) > 0) {
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
    }
    expect(lanes.records.length).toBe(3);
  });

  it("F111 whose receiver is dead holds up no other", async () => {
    const [dead, alive] = [new FakeLaneStore(), new FakeLaneStore()];
    const stuck = Promise.withResolvers<Socket>();
    const url = await receiving((exchange) => {
      if (exchange.request.startsWith("POST /dead")) stuck.resolve(exchange.socket);
      else ok(exchange);
    });
    dead.due.push(claimedDelivery(url.replace("/hook", "/dead")));
    alive.due.push(claimedDelivery(url));
    const [deadTurn, aliveTurn] = [new TestTurn(), new TestTurn()];
    const deadServed = dispatcherOf(dead).serve(deadTurn);
    await stuck.promise;
    aliveTurn.dismiss();
    await dispatcherOf(alive).serve(aliveTurn);
    expect(alive.records.length).toBe(1);
    deadTurn.lose();
    await deadServed;
    expect(dead.records).toEqual([]);
  });
});

describe("stopping", () => {
  it("F76 lets what is in flight end and be recorded, and claims no more", async () => {
    const arrived = Promise.withResolvers<Socket>();
    const url = await receiving(({ socket }) => arrived.resolve(socket));
    lanes.due.push(claimedDelivery(url));
    const dispatcher = dispatcherOf(lanes);
    const served = dispatcher.serve(new TestTurn());
    const socket = await arrived.promise;
    lanes.due.push(claimedDelivery(url, { id: "dlv_2" }));
    const stopped = dispatcher.stop();
    socket.write(answerText("200 OK"));
    await Promise.all([served, stopped, dispatcher.stop()]);
    expect(lanes.records.map(({ deliveryId }) => deliveryId)).toEqual(["dlv_1"]);
    await dispatcher.serve(new TestTurn());
    expect(lanes.records.length).toBe(1);
  });

  it("F76 breaks off what has not ended after 10 s, and records nothing of it", async () => {
    const arrived = Promise.withResolvers<Socket>();
    const url = await receiving(({ socket }) => arrived.resolve(socket));
    lanes.due.push(claimedDelivery(url, { timeoutMs: 30_000 }));
    const dispatcher = dispatcherOf(lanes);
    const served = dispatcher.serve(new TestTurn());
    await arrived.promise;
    const stopped = dispatcher.stop();
    sender.clock.advance(10_000);
    await Promise.all([served, stopped]);
    expect(lanes.records).toEqual([]);
  });
});
