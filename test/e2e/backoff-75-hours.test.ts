import type { Delivery } from "@ringback/core";
import { runnerDefaults } from "@ringback/runner";
import { expect, onTestFinished, test } from "vitest";
import { startReceiver } from "../support/receiver.ts";
import { waitUntil } from "../support/wait-until.ts";
import { openHouse, startedAt, tenantId, type House } from "./house.ts";

const hourMs = 3_600_000;

/** The job's delivery, once that many of its attempts are recorded. */
async function afterAttempts(house: House, jobId: string, attempts: number): Promise<Delivery> {
  const page = { after: null, limit: 1 };
  const deliveries = await waitUntil(
    async () => (await house.store.reads.listDeliveries(tenantId, { jobId }, page)).items,
    {
      holds: ([delivery]) => delivery?.attempts === attempts && delivery.attemptStartedAt === null,
      timeoutMs: 5_000,
      what: `delivery with ${attempts} attempts`,
    },
  );
  return deliveries[0]!;
}

test("G7 an inline callback is attempted 10 times over about 75 hours, 5 s × 5^(n−1) up to 24 h, ± 20 %, and then dead", async () => {
  const receiver = await startReceiver(() => 500);
  onTestFinished(() => receiver.close());
  const house = await openHouse("e2e/backoff-75-hours");
  const { clock, runner } = house;
  const jobId = await house.submitTo(`${receiver.origin}/always-500`);
  const plannedSeconds = [5, 25, 125, 625, 3_125, 15_625, 78_125, 86_400, 86_400];

  for (const [index, planned] of plannedSeconds.entries()) {
    const { dueAt } = await afterAttempts(house, jobId, index + 1);
    const delayMs = (dueAt ?? 0) - clock.now();
    expect(delayMs / 1_000).toBeGreaterThanOrEqual(planned * 0.8 - 0.01);
    expect(delayMs / 1_000).toBeLessThanOrEqual(planned * 1.2 + 0.01);
    // The lane is given back once its receiver has been quiet for a while.
    clock.advance(runnerDefaults.laneLingerMs);
    await runner.signals.whenIdle();
    // What is due far in the future is rung by the sweep: a moment too early it must not be.
    clock.moveTo((dueAt ?? 0) - 1);
    await runner.runOnce();
    await runner.signals.whenIdle();
    expect(receiver.requests).toHaveLength(index + 1);
    clock.moveTo(dueAt ?? 0);
    await runner.runOnce();
    await receiver.waitForCount(index + 2);
  }

  const delivery = await afterAttempts(house, jobId, 10);
  expect(delivery).toMatchObject({ status: "dead", dueAt: null, code: "http_5xx", httpStatus: 500 });
  const hours = (clock.now() - startedAt) / hourMs;
  expect(hours).toBeGreaterThan(75 * 0.8);
  expect(hours).toBeLessThan(75 * 1.21);
  expect(new Set(receiver.requests.map(({ webhookId }) => webhookId)).size).toBe(1);
  const [first, ...later] = receiver.requests.map(({ headers }) => Number(headers["webhook-timestamp"]));
  expect(first).toBe(Math.floor(startedAt / 1_000));
  expect(later.at(-1)).toBe(Math.floor(clock.now() / 1_000));
  const letter = await house.store.reads.getDeadLetter(tenantId, delivery.id);
  expect(letter?.deadLetter).toMatchObject({ reason: "http_5xx", httpStatus: 500, resolvedAt: null });
  expect(letter?.attempts.map(({ n }) => n)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
});
