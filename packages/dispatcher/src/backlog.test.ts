// A backlog that is overdue all at once, as after an outage of ours, and what its receiver sees of it.
import { expect, it } from "vitest";
import { createDispatcher } from "./dispatcher.ts";
import { claimedDelivery, FakeLaneStore } from "./testing/fake-lane-store.ts";
import { answerText, startReceiver } from "./testing/receiver.ts";
import { createSender, silentLog, testRandom } from "./testing/sender.ts";
import { TestTurn } from "./testing/turn.ts";

it("F113 a thousand deliveries that are overdue at once reach a receiver ten at a time, over ten sockets", async () => {
  let open = 0;
  let openMost = 0;
  const receiver = await startReceiver(({ socket }) => {
    open += 1;
    openMost = Math.max(openMost, open);
    // Not at once, so that as many are open as the dispatcher sends.
    setImmediate(() => {
      open -= 1;
      socket.write(answerText("204 No Content"));
    });
  });
  const { guard, clock } = createSender();
  const lanes = new FakeLaneStore();
  for (let n = 0; n < 1_000; n += 1) {
    lanes.due.push(claimedDelivery(receiver.url, { id: `dlv_${n}`, eventId: `evt_${n}` }));
  }
  const turn = new TestTurn();
  turn.dismiss();
  const options = { lanes, guard, clock, random: testRandom, log: silentLog, userAgent: "Ringback/test" };
  await createDispatcher(options).serve(turn);
  expect(new Set(lanes.records.map(({ deliveryId }) => deliveryId)).size).toBe(1_000);
  expect(openMost).toBeLessThanOrEqual(10);
  expect(receiver.connections()).toBeLessThanOrEqual(10);
  await receiver.close();
});
