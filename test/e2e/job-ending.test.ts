// Ending: cancellation in every state and race, queue timeouts, results that are erased, and jobs that expire.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { PageJson, ProblemJson } from "../support/api-shapes.ts";
import { startReceiver, type Receiver } from "../support/receiver.ts";
import type { ServerInProcess } from "../support/server-in-process.ts";
import { waitUntil } from "../support/wait-until.ts";
import { startInProcess } from "./e2e-home.ts";

interface EventJson {
  readonly type: string;
}

describe("ending", () => {
  let server: ServerInProcess;
  let receiver: Receiver;
  beforeAll(async () => {
    server = await startInProcess({ settings: { RINGBACK_RUN_CONCURRENCY: "4" } });
    receiver = await startReceiver();
  });
  afterAll(async () => {
    await server.stop();
    await receiver.close();
  });

  const cancel = (id: string) => server.client.call(`/v1/jobs/${id}`, { method: "DELETE" });
  async function eventsOf(id: string): Promise<readonly string[]> {
    const list = await server.client.expect(200, `/v1/jobs/${id}/events`, {
      headers: { accept: "application/json" },
    });
    return (list.json as PageJson<EventJson>).data.map(({ type }) => type);
  }

  test("cancel answers 200 while a job waits, 202 while it runs, 200 once it is canceled, 409 once it is done", async () => {
    const waiting = await server.client.submit({ kind: "e2e.echo", runAt: new Date(Date.now() + 3_600_000) });
    expect((await cancel(waiting.id)).status).toBe(200);
    expect((await cancel(waiting.id)).json).toMatchObject({ status: "canceled", done: true });
    const running = await server.client.submit({ kind: "e2e.waits" });
    await server.client.waitForJob(running.id, ({ status }) => status === "running");
    const asked = await cancel(running.id);
    expect(asked.status).toBe(202);
    expect(asked.json).toMatchObject({ cancelRequestedAt: expect.any(String) as string });
    expect(await server.client.waitForDone(running.id)).toMatchObject({ status: "canceled" });
    expect((await cancel(running.id)).status).toBe(200);
    const done = await server.client.submit({ kind: "e2e.echo" });
    await server.client.waitForDone(done.id);
    const late = await cancel(done.id);
    expect([late.status, (late.json as ProblemJson).code]).toEqual([409, "job-finished"]);
    const ends = [waiting, running, done].map(async ({ id }) => eventsOf(id));
    expect(await Promise.all(ends)).toEqual([["job.canceled"], ["job.canceled"], ["job.succeeded"]]);
  });

  test("F78 cancel against finish: one of them wins, the answer says which, and there is one event", async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 60 }, async () => {
        const { id } = await server.client.submit({ kind: "e2e.echo" });
        const { status } = await cancel(id);
        const job = await server.client.waitForDone(id);
        return { answer: status, status: job.status, events: await eventsOf(id) };
      }),
    );
    for (const { answer, status, events } of outcomes) {
      expect(status).toBe(answer === 409 ? "succeeded" : "canceled");
      expect(events).toEqual([`job.${status}`]);
    }
  });

  test("a job that no run began of in time fails as queue_timeout, and is called back", async () => {
    const blockers = await Promise.all(
      Array.from({ length: 4 }, () => server.client.submit({ kind: "e2e.waits" })),
    );
    await Promise.all(
      blockers.map(({ id }) => server.client.waitForJob(id, ({ status }) => status === "running")),
    );
    const { id } = await server.client.submit({
      kind: "e2e.echo",
      queueTimeoutMs: 50,
      callback: { url: `${receiver.origin}/late` },
    });
    const job = await server.client.waitForDone(id, 20_000);
    expect(job).toMatchObject({ status: "failed", runs: 0, error: { code: "queue_timeout", run: 0 } });
    expect(job.startedAt).toBeUndefined();
    const { body } = await receiver.waitFor(({ path }) => path === "/late");
    expect(JSON.parse(body.toString())).toMatchObject({ type: "job.failed", data: { id } });
    await Promise.all(blockers.map(({ id: blocker }) => cancel(blocker)));
    await Promise.all(blockers.map(({ id: blocker }) => server.client.waitForDone(blocker)));
  });

  test("a run that takes too long fails as run_timeout", async () => {
    const { id } = await server.client.submit({ kind: "e2e.waits", runTimeoutMs: 100 });
    expect(await server.client.waitForDone(id)).toMatchObject({ error: { code: "run_timeout", run: 1 } });
  });

  test("F123 an expired job answers 410 on every path and is in no list, and its payloads are gone", async () => {
    const { id } = await server.client.submit({
      kind: "e2e.echo",
      input: { secret: "x" },
      metadata: { expiry: "soon" },
      resultTtlMs: 1_000,
    });
    const { expiresAt, finishedAt } = await server.client.waitForDone(id);
    expect(Date.parse(expiresAt ?? "") - Date.parse(finishedAt ?? "")).toBe(1_000);
    const answerOf = async (path: string) => server.client.call(`/v1/jobs/${id}${path}`);
    await waitUntil(async () => (await answerOf("")).status, {
      holds: (status) => status === 410,
      timeoutMs: 10_000,
      what: "410",
    });
    for (const path of ["", "/status", "/result", "/events"]) {
      const answer = await answerOf(path);
      expect(answer.json).toMatchObject({
        code: "job-expired",
        job: { id, status: "succeeded", finishedAt, expiresAt },
      });
    }
    const list = await server.client.expect(200, "/v1/jobs?metadata.expiry=soon");
    expect(list.json).toMatchObject({ data: [] });
    const row = await waitUntil(async () => server.store.reads.getJob("default", id), {
      holds: (job) => job === null || job.erasedAt !== null,
      timeoutMs: 20_000,
      what: "erasing",
    });
    expect(row).toMatchObject({ input: null, result: null, metadata: {} });
  });

  test("a result that is erased on request is gone at once, and its job stays", async () => {
    const { id } = await server.client.submit({ kind: "e2e.large", input: { characters: 30_000 } });
    const { version } = await server.client.waitForDone(id);
    await server.client.expect(204, `/v1/jobs/${id}/result`, { method: "DELETE" });
    const gone = await server.client.expect(410, `/v1/jobs/${id}/result`);
    expect((gone.json as ProblemJson).code).toBe("result-erased");
    const job = await server.client.job(id);
    expect(job).toMatchObject({ status: "succeeded", version: version + 1 });
    expect(job.result ?? job.resultUrl).toBeUndefined();
  });
});
