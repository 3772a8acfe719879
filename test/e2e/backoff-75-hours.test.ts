import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createKinds,
  defineJob,
  makeId,
  type Delivery,
  type Log,
  type Random,
  type Store,
} from "@ringback/core";
import { createAddressGuard, createDispatcher, parseAllowNetworks } from "@ringback/dispatcher";
import { createRunner, createTimerDoorbell, runnerDefaults, type Runner } from "@ringback/runner";
import { openSqliteStore } from "@ringback/store";
import { expect, onTestFinished, test } from "vitest";
import { manualClock, type ManualClock } from "../support/manual-clock.ts";
import { startReceiver, type Receiver } from "../support/receiver.ts";
import { seeded } from "../support/seed.ts";
import { waitUntil } from "../support/wait-until.ts";
import { whsec } from "../support/whsec.ts";

const tenantId = "default";
const startedAt = Date.parse("2026-11-22T09:00:00.000Z");
const hourMs = 3_600_000;
const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };

interface House {
  readonly clock: ManualClock;
  readonly store: Store;
  readonly runner: Runner;
  readonly random: Random;
}

/** Store, runner and dispatcher put together as the server does, on a clock that is moved by hand. */
async function openHouse(): Promise<House> {
  const chance = seeded("e2e/backoff-75-hours");
  const random: Random = {
    unit: () => chance.unit(),
    bytes: (count) => Uint8Array.from({ length: count }, () => chance.whole(0, 255)),
  };
  const folder = mkdtempSync(join(tmpdir(), "ringback-"));
  const clock = manualClock(startedAt);
  const doorbell = createTimerDoorbell({ clock });
  const path = join(folder, "ringback.db");
  const shared = { clock, random, log: silent };
  const store = await openSqliteStore({ ...shared, path, ring: doorbell.ring, masterKey: random.bytes(32) });
  await store.tenants.ensureTenant({ id: tenantId, callbackSecret: whsec(tenantId) }, clock.now());
  const allowed = parseAllowNetworks("127.0.0.0/8");
  if ("problems" in allowed) throw new Error(allowed.problems.join());
  const guard = createAddressGuard({
    allowNetworks: allowed.networks,
    allowHttp: true,
    ownAddresses: () => [],
    clock,
  });
  const dispatcher = createDispatcher({ ...shared, lanes: store.lanes, guard, userAgent: "Ringback/test" });
  const runner = createRunner({
    ...shared,
    store,
    doorbell,
    kinds: createKinds([defineJob({ kind: "echo", run: (input) => input })]),
    laneServer: dispatcher,
    holder: "the only one",
    resultUrl: () => "",
    settings: { ...runnerDefaults, soleHolder: true },
  });
  await runner.start();
  onTestFinished(async () => {
    // The drain is bounded by the clock that nobody moves any more, and nothing is in flight.
    await runner.stop();
    await dispatcher.stop();
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return { clock, store, runner, random };
}

async function submitTo(receiver: Receiver, { store, clock, random }: House): Promise<string> {
  const id = makeId("job", clock.now(), random);
  const url = `${receiver.origin}/always-500`;
  await store.intake.acceptJobs(
    [
      {
        job: {
          tenantId,
          id,
          kind: "echo",
          input: '"x"',
          metadata: {},
          priority: 0,
          runAt: null,
          runTimeoutMs: 60_000,
          maxRuns: 1,
          callback: { url, events: ["job.succeeded"], headers: {}, secret: null },
          traceparent: null,
        },
        receiver: { origin: receiver.origin, host: new URL(url).host },
        idempotency: null,
      },
    ],
    clock.now(),
  );
  return id;
}

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
  const house = await openHouse();
  const { clock, runner } = house;
  const jobId = await submitTo(receiver, house);
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
