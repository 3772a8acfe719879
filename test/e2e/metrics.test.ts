// What `/metrics` counts of real work, and who may read it.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startReceiver, type Receiver } from "../support/receiver.ts";
import { startServerInProcess, type ServerInProcess } from "../support/server-in-process.ts";
import { waitUntil } from "../support/wait-until.ts";

describe("GET /metrics", () => {
  let server: ServerInProcess;
  let receiver: Receiver;
  let metricsKey: string;
  beforeAll(async () => {
    server = await startServerInProcess();
    receiver = await startReceiver();
    metricsKey = await server.keyOf("default", ["metrics"]);
  });
  afterAll(async () => {
    await Promise.all([server.stop(), receiver.close()]);
  });

  const scrape = (key: string | null): Promise<Response> =>
    fetch(`${server.url}/metrics`, key === null ? {} : { headers: { authorization: `Bearer ${key}` } });
  const figures = async (): Promise<string> => (await scrape(metricsKey)).text();

  test("needs a key of the operator's tenant with the scope metrics or admin", async () => {
    await server.clientOf("acme");
    const statuses = await Promise.all([
      scrape(null),
      scrape(await server.keyOf("default", ["jobs", "support", "endpoints"])),
      scrape(await server.keyOf("acme", ["admin"])),
      scrape(await server.keyOf("default", ["admin"])),
      scrape(metricsKey),
    ]);
    expect(statuses.map(({ status }) => status)).toEqual([401, 403, 403, 200, 200]);
    expect(statuses.at(-1)?.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  });

  test("counts what is accepted, run, attempted and delivered, each once, and names no id and no URL", async () => {
    const upstream = `${receiver.origin}/upstream`;
    const submitted = await Promise.all(
      ["one", "two", "three"].map((name) =>
        server.client.submit({
          kind: "http",
          input: { url: upstream, body: "CANARY" },
          callback: { url: `${receiver.origin}/${name}?token=CANARY` },
        }),
      ),
    );
    await waitUntil(figures, {
      what: "three deliveries counted",
      timeoutMs: 10_000,
      holds: (text) => text.includes('ringback_deliveries_finished_total{outcome="delivered"} 3\n'),
    });
    const text = await figures();
    for (const line of [
      'ringback_jobs_accepted_total{kind="http"} 3',
      'ringback_jobs_finished_total{kind="http",outcome="succeeded"} 3',
      'ringback_delivery_attempts_total{code="ok"} 3',
      "ringback_job_queue_seconds_count 3",
      "ringback_job_run_seconds_count 3",
      "ringback_delivery_attempt_seconds_count 3",
      "ringback_database_up 1",
    ]) {
      expect(text).toContain(`\n${line}\n`);
    }
    expect(text).not.toMatch(/CANARY|127\.0\.0\.1|job_0|http:\/\//);
    for (const { id } of submitted) expect(text).not.toContain(id);
  });

  test("a refused replay and a key used twice are not counted as accepted", async () => {
    const before = /ringback_jobs_accepted_total\{kind="http"\} (\d+)/.exec(await figures())?.[1];
    const submit = () =>
      server.client.call("/v1/jobs", {
        method: "POST",
        headers: { "content-type": "application/json", "idempotency-key": "once" },
        body: JSON.stringify({ kind: "http", input: { url: `${receiver.origin}/once` } }),
      });
    for (let time = 0; time < 3; time += 1) expect((await submit()).status).toBe(202);
    expect(await figures()).toContain(`\nringback_jobs_accepted_total{kind="http"} ${Number(before) + 1}\n`);
  });
});
