import type { Delivery } from "@ringback/core";
import { expect, onTestFinished, test } from "vitest";
import { startReceiver } from "../support/receiver.ts";
import { waitUntil } from "../support/wait-until.ts";
import { openHouse, tenantId, type House } from "./house.ts";

const stepMs = 250;

/** Moves the clock step by step, and lets what follows from each step happen before the next. */
async function pass({ clock }: House, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += stepMs) {
    clock.advance(stepMs);
    for (let turn = 0; turn < 20; turn += 1) await new Promise<void>((resolve) => void setImmediate(resolve));
  }
}

/** The one delivery of the job, once it is there and `holds`. */
async function deliveryOf(
  { store }: House,
  jobId: string,
  holds: (delivery: Delivery) => boolean,
): Promise<Delivery> {
  const page = { after: null, limit: 1 };
  const [delivery] = await waitUntil(
    async () => (await store.reads.listDeliveries(tenantId, { jobId }, page)).items,
    {
      holds: ([found]) => found !== undefined && holds(found),
      timeoutMs: 5_000,
      what: `such a delivery of ${jobId}`,
    },
  );
  if (delivery === undefined) throw new Error("a wait for a delivery ended without it");
  return delivery;
}

test("F111 a callback that hangs does not keep a later one to the same origin waiting, though the lane had fallen quiet", async () => {
  const slowMayEnd = Promise.withResolvers<void>();
  const receiver = await startReceiver(async ({ path }) => {
    if (path === "/slow") await slowMayEnd.promise;
    return 204;
  });
  onTestFinished(() => receiver.close());
  const house = await openHouse("e2e/head-of-line");
  onTestFinished(() => slowMayEnd.resolve());
  const slowId = await house.submitTo(`${receiver.origin}/slow`);
  const slow = await receiver.waitFor(({ path }) => path === "/slow");

  // The turn lingers for a second and is then told that it may end; only the attempt in flight keeps it.
  await pass(house, 2_000);
  const fastId = await house.submitTo(`${receiver.origin}/fast`);
  await deliveryOf(house, fastId, () => true);
  await pass(house, 2_000);

  await receiver.waitFor(({ path }) => path === "/fast");
  expect(slow.answeredStatus).toBeNull();
  expect(await deliveryOf(house, slowId, () => true)).toMatchObject({ status: "pending", attempts: 0 });
  // Records are gathered for a moment by the clock.
  await pass(house, stepMs);
  await deliveryOf(house, fastId, ({ status }) => status === "delivered");

  slowMayEnd.resolve();
  await waitUntil(
    async () => {
      await pass(house, stepMs);
      return (await house.store.reads.listDeliveries(tenantId, { jobId: slowId }, { after: null, limit: 1 }))
        .items;
    },
    { holds: ([found]) => found?.status === "delivered", timeoutMs: 5_000, what: "slow delivery delivered" },
  );
  expect(receiver.requests).toHaveLength(2);
});
