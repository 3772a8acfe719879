import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { apiClient } from "../../support/api-client.ts";
import { createEmptyDatabase, type TestDatabase } from "../../support/mode.ts";
import { startReceiver, type Receiver } from "../../support/receiver.ts";
import type { ServerHome, ServerProcess } from "../../support/server-process.ts";
import { makeHome } from "../e2e-home.ts";

const roles = ["api", "api", "runner", "runner", "dispatcher", "dispatcher"] as const;

describe("six processes on one database, each with a role", () => {
  let home: ServerHome;
  let database: TestDatabase;
  let receiver: Receiver;
  const processes: ServerProcess[] = [];
  beforeAll(async () => {
    database = await createEmptyDatabase();
    home = makeHome({ database });
    receiver = await startReceiver();
    // All at once on a database that has no tables yet: one brings them, the others wait for it.
    processes.push(...(await Promise.all(roles.map((role) => home.start({ RINGBACK_ROLE: role })))));
  }, 60_000);
  afterAll(async () => {
    await home.dispose();
    await Promise.all([receiver.close(), database.drop()]);
  });

  test("jobs that either api takes are run by the runners and delivered by the dispatchers, once each", async () => {
    const [first, second] = processes.map(({ url }) => apiClient({ url: () => url, key: home.apiKey }));
    const jobs = await Promise.all(
      Array.from({ length: 60 }, (_, at) =>
        (at % 2 === 0 ? first : second)!.submit({
          kind: "e2e.echo",
          input: at,
          callback: { url: `${receiver.origin}/${at % 7}` },
        }),
      ),
    );
    await Promise.all(jobs.map(({ id }) => home.client.waitForDone(id)));
    await receiver.waitForCount(60);
    await Promise.all(
      jobs.map(({ id }) =>
        home.client.waitForJob(id, ({ callback }) => callback?.deliveries.delivered === 1),
      ),
    );
    expect(receiver.requests).toHaveLength(60);
  });

  test("a cancel reaches the process that runs the job, whichever that is", async () => {
    for (let time = 0; time < 6; time += 1) {
      const job = await home.client.submit({ kind: "e2e.waits" });
      await home.client.waitForJob(job.id, ({ progress }) => progress !== undefined);
      await home.client.expect(202, `/v1/jobs/${job.id}`, { method: "DELETE" });
      // Heartbeats would tell it too, but only every ten seconds.
      expect(await home.client.waitForDone(job.id, 5_000)).toMatchObject({ status: "canceled" });
    }
  });

  test("a long poll at one process hears of what another one has committed", async () => {
    const job = await home.client.submit({ kind: "e2e.waits-for", input: { forMs: 300 } });
    expect(await home.client.waitForDone(job.id)).toMatchObject({ status: "succeeded" });
  });

  test("every process answers its probes, and with a key its metrics, and only those that take requests know the rest", async () => {
    const answers = await Promise.all(
      processes.map(async ({ url }) => {
        const headers = { authorization: `Bearer ${home.apiKey}` };
        const [health, ready, jobs, metrics, noKey] = await Promise.all(
          ["/healthz", "/readyz", "/v1/jobs", "/metrics"]
            .map((path) => fetch(`${url}${path}`, { headers }))
            .concat(fetch(`${url}/metrics`)),
        );
        return [health?.status, ready?.status, jobs?.status, metrics?.status, noKey?.status];
      }),
    );
    expect(answers).toEqual([
      [200, 200, 200, 200, 401],
      [200, 200, 200, 200, 401],
      [200, 200, 404, 200, 401],
      [200, 200, 404, 200, 401],
      [200, 200, 404, 200, 401],
      [200, 200, 404, 200, 401],
    ]);
  });

  test("each drains by itself: exit 0, and the others go on", async () => {
    const [, api, runner, , dispatcher] = processes;
    for (const one of [api, runner, dispatcher])
      expect(await one?.terminate()).toEqual({ code: 0, signal: null });
    const job = await fetch(`${processes[0]?.url}/v1/jobs`, {
      method: "POST",
      headers: { authorization: `Bearer ${home.apiKey}`, "content-type": "application/json" },
      body: JSON.stringify({ kind: "e2e.echo", callback: { url: `${receiver.origin}/after` } }),
    });
    expect(job.status).toBe(202);
    await receiver.waitFor(({ path }) => path === "/after");
  });
});
