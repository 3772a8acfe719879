// Waiting: long polls and event streams, of many clients, and across a stop of the server.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ApiAnswer } from "../support/api-client.ts";
import type { JobJson } from "../support/api-shapes.ts";
import type { ServerInProcess } from "../support/server-in-process.ts";
import { startInProcess } from "./e2e-home.ts";

const longPoll = (version: number) => ({ "if-none-match": `"${version}"`, prefer: "wait=30" });

describe("waiting", () => {
  let server: ServerInProcess;
  beforeAll(async () => {
    server = await startInProcess();
  });
  afterAll(() => server.stop());

  /** A running job that waits to be canceled, with its present version. */
  async function runningJob(): Promise<JobJson> {
    const { id } = await server.client.submit({ kind: "e2e.waits" });
    return server.client.waitForJob(id, ({ progress }) => progress?.percent === 10);
  }

  test("F122 two hundred clients wait for one job, and all are answered when it is canceled", async () => {
    const { id, version } = await runningJob();
    const answers = Promise.all(
      Array.from({ length: 200 }, () => server.client.call(`/v1/jobs/${id}`, { headers: longPoll(version) })),
    );
    await server.client.expect(202, `/v1/jobs/${id}`, { method: "DELETE" });
    for (const { status, json } of await answers) {
      expect(status).toBe(200);
      expect((json as JobJson).version).toBeGreaterThan(version);
    }
    await server.client.waitForDone(id);
  });

  test("a long poll answers 304 with the same ETag when nothing has changed", async () => {
    const { id, version } = await runningJob();
    const headers = { ...longPoll(version), prefer: "wait=1" };
    const answer = await server.client.expect(304, `/v1/jobs/${id}`, { headers });
    expect(answer.headers.get("etag")).toBe(`"${version}"`);
    await server.client.call(`/v1/jobs/${id}`, { method: "DELETE" });
  });

  test("a stream shows a job that nobody subscribed to while it goes on, and ends with its end", async () => {
    const { id } = await server.client.submit({ kind: "e2e.progresses" });
    const stream = await server.client.call(`/v1/jobs/${id}/events`, {
      headers: { accept: "text/event-stream" },
    });
    const types = stream.text.match(/^event: .*$/gm) ?? [];
    expect(types).toContain("event: job.progress");
    expect(types.at(-1)).toBe("event: job.succeeded");
    // Only what is kept has an id, and can be gone on from.
    const ids = stream.text.match(/^id: .*$/gm) ?? [];
    expect(ids).toHaveLength(1);
    const lastEventId = ids[0]?.slice("id: ".length) ?? "";
    const rest = await server.client.call(`/v1/jobs/${id}/events`, {
      headers: { accept: "text/event-stream", "last-event-id": lastEventId },
    });
    expect(rest.status).toBe(204);
    const list = await server.client.expect(200, `/v1/jobs/${id}/events`, {
      headers: { accept: "application/json" },
    });
    expect(list.json).toMatchObject({ data: [{ id: lastEventId, type: "job.succeeded" }] });
  });

  test("F121 F122 a stop of the server answers everybody who waits, with the present state and no reset", async () => {
    const own = await startInProcess({ settings: { RINGBACK_DRAIN_MS: "3000" } });
    const { id } = await own.client.submit({ kind: "e2e.echo", runAt: new Date(Date.now() + 3_600_000) });
    const polls: Promise<ApiAnswer>[] = Array.from({ length: 20 }, () =>
      own.client.call(`/v1/jobs/${id}`, { headers: longPoll(1) }),
    );
    const stream = own.client.call(`/v1/jobs/${id}/events`, { headers: { accept: "text/event-stream" } });
    // They wait as soon as the job's own poll of another version has been answered behind them.
    await own.client.expect(200, `/v1/jobs/${id}`, { headers: longPoll(0) });
    await own.stop();
    for (const { status, json } of await Promise.all(polls)) {
      expect(status).toBe(200);
      expect(json).toMatchObject({ id, status: "queued", version: 1 });
    }
    expect((await stream).text).toContain("event: job.queued");
  });
});
