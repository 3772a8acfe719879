import { runnerDefaults } from "@ringback/runner";
import { expect, onTestFinished, test } from "vitest";
import type { ProblemJson } from "../support/api-shapes.ts";
import { startReceiver } from "../support/receiver.ts";
import { waitUntil } from "../support/wait-until.ts";
import { startInProcess } from "./e2e-home.ts";
import { openHouse, startedAt, tenantId } from "./house.ts";

const dayMs = 86_400_000;

test("a client that stayed away for longer than events are kept is told so, and goes on from the oldest there is", async () => {
  const [server, receiver] = await Promise.all([startInProcess(), startReceiver()]);
  onTestFinished(async () => {
    await Promise.all([server.stop(), receiver.close()]);
  });
  const client = await server.clientOf("away");
  const { cursor: old } = await client.feed("limit=1");
  const job = await client.submit({ kind: "e2e.echo", input: 1, callback: { url: `${receiver.origin}/x` } });
  await client.waitForJob(job.id, ({ callback }) => callback?.deliveries.delivered === 1);
  const [delivery] = await client.deliveriesOf(job.id);
  const month = 30 * dayMs;
  const feedMs = { eventsMs: month, deliveriesMs: month, deadLettersMs: month, tombstonesMs: month };
  const retention = { ...feedMs, attemptBodiesMs: month, replaysMs: month };

  await server.store.expire({ now: Date.now() + month + 1, limit: 500, retention });

  const expired = await client.expect(410, `/v1/events?after=${encodeURIComponent(old)}&wait=30`);
  const problem = expired.json as ProblemJson;
  expect(problem.code).toBe("cursor-expired");
  expect(problem.detail).toContain("go on without `after`");
  await client.expect(200, problem.type);
  const unknown = `dlv_${"0".repeat(26)}`;
  for (const [method, path] of [
    ["GET", ""],
    ["POST", "/redeliver"],
  ] as const) {
    const gone = await client.expect(404, `/v1/deliveries/${delivery?.id}${path}`, { method });
    const never = await client.expect(404, `/v1/deliveries/${unknown}${path}`, { method });
    const { requestId: _, ...said } = gone.json as ProblemJson;
    expect(never.json).toMatchObject(said);
  }

  const anew = await client.feed("limit=1");
  expect(anew).toMatchObject({ data: [], hasMore: false });
  const waiting = client.feed(`after=${encodeURIComponent(anew.cursor)}&wait=30`);
  const next = await client.submit({ kind: "e2e.echo", input: 2 });
  const { data } = await waiting;
  expect(data.map(({ body }) => (JSON.parse(body) as { data: { id: string } }).data.id)).toEqual([next.id]);
});

test("the sweep deletes deliveries and empties the feed after 30 days, and what is owed for longer stays", async () => {
  const receiver = await startReceiver(({ path }) => (path === "/down" ? 500 : 200));
  onTestFinished(() => receiver.close());
  const { clock, store, runner, submitTo } = await openHouse("e2e/retention");
  const deliveries = async (jobId: string) =>
    (await store.reads.listDeliveries(tenantId, { jobId }, { after: null, limit: 9 })).items;
  const delivered = await submitTo(`${receiver.origin}/up`);
  const owed = await submitTo(`${receiver.origin}/down`);
  await waitUntil(async () => (await Promise.all([delivered, owed].map(deliveries))).flat(), {
    holds: (found) => found.length === 2 && found.every(({ attempts }) => attempts === 1),
    timeoutMs: 5_000,
    what: "attempt of each delivery",
  });
  const feed = () => store.reads.readFeed(tenantId, { after: 0, limit: 9 });
  clock.advance(runnerDefaults.laneLingerMs);
  await runner.signals.whenIdle();

  clock.moveTo(startedAt + 30 * dayMs - 1);
  await runner.runOnce();
  expect(await deliveries(delivered)).toHaveLength(1);
  expect(await feed()).toMatchObject({ kind: "read", events: [{}, {}] });

  clock.moveTo(startedAt + 30 * dayMs + runnerDefaults.laneLingerMs);
  await runner.runOnce();
  expect(await deliveries(delivered)).toEqual([]);
  expect(await deliveries(owed)).toMatchObject([{ status: "pending" }]);
  expect(await feed()).toMatchObject({ kind: "expired" });
});
