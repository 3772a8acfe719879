// Spans of submissions, runs and attempts, as a collector gets them: one trace per submission, whoever ends it and however.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startCollector, type CollectedSpan, type Collector } from "../support/collector.ts";
import { startReceiver, type Receiver } from "../support/receiver.ts";
import type { ServerInProcess } from "../support/server-in-process.ts";
import { startInProcess } from "./e2e-home.ts";

const canary = "CANARY7f3a";
let traces = 0;

/** A trace of a caller's: its id, and the header that brings it. */
function callersTrace(flags = "01"): { readonly traceId: string; readonly traceparent: string } {
  traces += 1;
  const traceId = `4bf92f3577b34da6a3ce929d0e0e${String(traces).padStart(4, "0")}`;
  return { traceId, traceparent: `00-${traceId}-00f067aa0ba902b7-${flags}` };
}

/** Where a traceparent leads. */
function pointing(traceparent: unknown): { readonly traceId: string; readonly spanId: string } {
  const [, traceId = "", spanId = ""] = String(traceparent).split("-");
  return { traceId, spanId };
}

const idOf = ({ traceId, spanId }: CollectedSpan) => ({ traceId, spanId });

describe("with a collector", () => {
  let server: ServerInProcess;
  let receiver: Receiver;
  let collector: Collector;
  beforeAll(async () => {
    [collector, receiver] = await Promise.all([startCollector(), startReceiver()]);
    server = await startInProcess({
      settings: {
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.origin,
        OTEL_EXPORTER_OTLP_HEADERS: `x-api-key=the%20${canary}`,
        OTEL_SERVICE_NAME: "digests",
        OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=staging",
      },
    });
  });
  afterAll(async () => {
    await server.stop();
    await Promise.all([receiver.close(), collector.close()]);
  });

  const spansOf = (traceId: string, count: number) =>
    collector.waitForCount(count, (span) => span.traceId === traceId);
  const named = (spans: readonly CollectedSpan[], start: string) =>
    spans.filter(({ name }) => name.startsWith(start));

  test("a submission, its run and the attempt at its callback are one trace below the one it came with", async () => {
    const { traceId, traceparent } = callersTrace();
    const job = await server.client.submit(
      {
        kind: "http",
        input: { url: `${receiver.origin}/traced/upstream` },
        callback: { url: `${receiver.origin}/traced/callback` },
      },
      { traceparent },
    );

    const spans = await spansOf(traceId, 3);

    const [submit, run, attempt] = ["POST /v1/jobs", "run http", "attempt job.succeeded"].map((name) =>
      spans.find((span) => span.name === name)!,
    );
    expect(submit).toMatchObject({
      kind: "server",
      parentSpanId: "00f067aa0ba902b7",
      error: null,
      attributes: {
        "http.request.method": "POST",
        "http.route": "/v1/jobs",
        "http.response.status_code": 202,
        "messaging.message.id": job.id,
        "messaging.destination.name": "http",
        "ringback.tenant.id": "default",
      },
      resource: {
        "service.name": "digests",
        "deployment.environment.name": "staging",
        "ringback.role": "all",
      },
    });
    expect(run).toMatchObject({
      kind: "consumer",
      parentSpanId: submit!.spanId,
      error: null,
      attributes: {
        "messaging.message.id": job.id,
        "messaging.destination.name": "http",
        "messaging.operation.type": "process",
        "ringback.run.number": 1,
        "ringback.run.outcome": "succeeded",
        "ringback.job.status": "succeeded",
      },
    });
    const [delivery] = await server.client.deliveriesOf(job.id);
    expect(attempt).toMatchObject({
      kind: "client",
      parentSpanId: submit!.spanId,
      error: null,
      attributes: {
        "http.request.method": "POST",
        "http.response.status_code": 204,
        "server.address": "127.0.0.1",
        "server.port": receiver.port,
        "ringback.delivery.id": delivery?.id,
        "ringback.job.id": job.id,
        "ringback.attempt.number": 1,
        "ringback.attempt.code": "ok",
      },
    });
    for (const { startedAt, endedAt } of spans) expect(endedAt >= startedAt).toBe(true);
    const [upstream, callback] = await Promise.all(
      ["/traced/upstream", "/traced/callback"].map((path) => receiver.waitFor((one) => one.path === path)),
    );
    expect(pointing(upstream?.headers["traceparent"])).toEqual(idOf(run!));
    expect(pointing(callback?.headers["traceparent"])).toEqual(idOf(attempt!));
  });

  test("a submission without a trace, or with one that is none, begins its own", async () => {
    for (const headers of [{}, { traceparent: "00-0-0-00" }]) {
      const job = await server.client.submit({ kind: "e2e.echo", input: 1 }, headers);
      const [run] = await collector.waitForCount(
        1,
        ({ name, attributes }) => name === "run e2e.echo" && attributes["messaging.message.id"] === job.id,
      );
      const spans = await spansOf(run!.traceId, 2);
      const [submit] = named(spans, "POST");
      expect(submit).toMatchObject({ parentSpanId: "", attributes: { "messaging.message.id": job.id } });
      expect(run!.parentSpanId).toBe(submit!.spanId);
    }
  });

  test("what the caller does not keep is not kept, and the callback says so", async () => {
    const { traceId, traceparent } = callersTrace("00");
    const callback = { url: `${receiver.origin}/unkept` };
    await server.client.submit({ kind: "e2e.echo", callback }, { traceparent });
    const { headers } = await receiver.waitFor(({ path }) => path === "/unkept");
    expect(headers["traceparent"]).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-00$`));

    // What comes after it has been sent, so it would have been, too.
    const after = callersTrace();
    await server.client.submit({ kind: "e2e.echo" }, { traceparent: after.traceparent });
    await spansOf(after.traceId, 2);
    expect(collector.spans.filter((span) => span.traceId === traceId)).toEqual([]);
  });

  test("a run that fails and is tried again is two spans, and each handler is in the span of its own run", async () => {
    const { traceId, traceparent } = callersTrace();
    const job = await server.client.submit({ kind: "e2e.trace-once-more" }, { traceparent });
    const runs = (await spansOf(traceId, 3)).filter(({ kind }) => kind === "consumer");
    const [first, second] = runs;
    expect(first).toMatchObject({
      error: "handler_error",
      attributes: {
        "error.type": "handler_error",
        "ringback.run.number": 1,
        "ringback.run.outcome": "failed",
        "ringback.job.status": "queued",
      },
    });
    expect(second).toMatchObject({
      error: null,
      attributes: { "ringback.run.number": 2, "ringback.run.outcome": "succeeded" },
    });
    expect(second?.parentSpanId).toBe(first?.parentSpanId);
    expect(pointing((await server.client.job(job.id)).result)).toEqual(idOf(second!));
  });

  test("an attempt that fails and is tried again is two spans, and the receiver is called in each", async () => {
    receiver.answerWith(({ path, occurrence }) => (path === "/flaky" && occurrence === 1 ? 500 : 204));
    const endpoint = await server.client.expect(201, "/v1/endpoints", {
      method: "POST",
      body: { url: `${receiver.origin}/flaky`, events: [], retry: [0] },
    });
    const endpointId = (endpoint.json as { readonly id: string }).id;
    const { traceId, traceparent } = callersTrace();
    await server.client.submit({ kind: "e2e.echo", callback: { endpointId } }, { traceparent });

    const attempts = (await spansOf(traceId, 4)).filter(({ kind }) => kind === "client");

    const [first, second] = attempts;
    expect(first).toMatchObject({
      error: "http_5xx",
      attributes: {
        "http.response.status_code": 500,
        "error.type": "http_5xx",
        "ringback.attempt.number": 1,
        "ringback.attempt.outcome": "failed",
        "ringback.endpoint.id": endpointId,
      },
    });
    expect(second).toMatchObject({
      error: null,
      parentSpanId: first?.parentSpanId,
      attributes: {
        "ringback.attempt.number": 2,
        "http.request.resend_count": 1,
        "ringback.delivery.id": first?.attributes["ringback.delivery.id"],
      },
    });
    const calls = await receiver.waitForCount(2, ({ path }) => path === "/flaky");
    expect(calls.map(({ headers }) => pointing(headers["traceparent"]))).toEqual(attempts.map(idOf));
  });

  test("a batch is one span, and the runs of all its jobs are below it", async () => {
    const { traceId, traceparent } = callersTrace();
    const jobs = [1, 2, 3].map((input) => ({ kind: "e2e.echo", input }));
    await server.client.expect(202, "/v1/jobs/batch", {
      method: "POST",
      body: { jobs },
      headers: { traceparent },
    });
    const spans = await spansOf(traceId, 4);
    const [submit] = named(spans, "POST /v1/jobs/batch");
    expect(submit?.attributes["messaging.batch.message_count"]).toBe(3);
    expect(named(spans, "run").map(({ parentSpanId }) => parentSpanId)).toEqual(
      Array.from({ length: 3 }, () => submit?.spanId),
    );
  });

  test("a request that only repeats an earlier one has a span in its own trace, and the job's trace stays whole", async () => {
    const [first, second] = [callersTrace(), callersTrace()];
    const body = {
      kind: "e2e.waits-for",
      input: { forMs: 300 },
      callback: { url: `${receiver.origin}/once` },
    };
    const submit = ({ traceparent }: typeof first) =>
      server.client.submit(body, { traceparent, "idempotency-key": "traced-once" });
    const job = await submit(first);
    await submit(second);

    const [replay] = await spansOf(second.traceId, 1);
    expect(replay).toMatchObject({
      kind: "server",
      attributes: { "messaging.message.id": job.id, "ringback.submission.replayed": true },
    });
    const kinds = (await spansOf(first.traceId, 3)).map(({ kind }) => kind);
    expect(kinds.toSorted()).toEqual(["client", "consumer", "server"]);
    expect(collector.spans.filter(({ traceId }) => traceId === second.traceId)).toHaveLength(1);
  });

  test("a request that is refused is a span with the problem's code, and no error of the server's", async () => {
    const { traceId, traceparent } = callersTrace();
    const body = { kind: "nobody's", input: canary };
    const asked = { method: "PUT", body, headers: { traceparent } };
    await server.client.expect(422, "/v1/jobs/0d5c0c4e-6f0e-4a0e-9d5a-3f1b2c3d4e5f", asked);
    const [span] = await spansOf(traceId, 1);
    expect(span).toMatchObject({
      name: "PUT /v1/jobs/:id",
      error: null,
      attributes: { "http.response.status_code": 422, "ringback.problem.code": "unknown-kind" },
    });
  });

  test("nobody without a key is heard of in a trace", async () => {
    const [stranger, after] = [callersTrace(), callersTrace()];
    const { traceparent } = stranger;
    const asked = {
      method: "POST",
      headers: { traceparent, "content-type": "application/json" },
      body: "{}",
    };
    expect((await fetch(`${server.url}/v1/jobs`, asked)).status).toBe(401);
    // What comes after it has been sent, so it would have been, too.
    await server.client.submit({ kind: "e2e.echo" }, { traceparent: after.traceparent });
    await spansOf(after.traceId, 2);
    expect(collector.spans.filter(({ traceId }) => traceId === stranger.traceId)).toEqual([]);
  });

  test("a run that is leased is a span from the lease to its end, and whoever works is in it", async () => {
    const { traceId, traceparent } = callersTrace();
    const kinds = ["traced.lease"];
    const lease = async (wait: number) => {
      const body = { kinds, max: 1, wait };
      const answer = await server.client.expect(200, "/v1/leases", { method: "POST", body });
      return (answer.json as { leases: { token: string; traceparent: string }[] }).leases[0];
    };
    await lease(0);
    await server.client.submit({ kind: "traced.lease", maxRuns: 2 }, { traceparent });
    const end = (token: string, how: string, body: object) =>
      server.client.expect(200, `/v1/leases/${token}/${how}`, { method: "POST", body });
    const first = await lease(10);
    await end(first!.token, "fail", { message: canary });
    const second = await lease(10);
    await end(second!.token, "complete", { result: canary });

    const spans = await spansOf(traceId, 3);

    const [submit] = named(spans, "POST");
    const runs = named(spans, "run traced.lease");
    expect(runs.map(idOf)).toEqual([pointing(first!.traceparent), pointing(second!.traceparent)]);
    expect(runs).toMatchObject([
      {
        kind: "consumer",
        parentSpanId: submit?.spanId,
        error: "handler_error",
        attributes: { "ringback.run.number": 1, "ringback.job.status": "queued" },
      },
      {
        kind: "consumer",
        parentSpanId: submit?.spanId,
        error: null,
        attributes: { "ringback.run.number": 2, "ringback.run.outcome": "succeeded" },
      },
    ]);
  });

  test("a run that its upstream ends later is one span, ended by what the upstream says", async () => {
    const { traceId, traceparent } = callersTrace();
    receiver.answerWith(({ path }) => (path === "/later" ? 202 : 204));
    const job = await server.client.submit(
      { kind: "http", input: { url: `${receiver.origin}/later` } },
      { traceparent },
    );
    const { headers } = await receiver.waitFor(({ path }) => path === "/later");
    const ended = await fetch(headers["ringback-fail-url"] ?? "", {
      method: "POST",
      headers: { "ringback-token": headers["ringback-token"] ?? "", "content-type": "application/json" },
      body: JSON.stringify({ message: canary, retryable: false }),
    });
    expect(ended.status).toBe(200);
    await server.client.waitForDone(job.id);

    const runs = named(await spansOf(traceId, 2), "run http");

    expect(runs).toMatchObject([
      { error: "upstream_failed", attributes: { "ringback.job.status": "failed", "ringback.run.number": 1 } },
    ]);
    expect(pointing(headers["traceparent"])).toEqual(idOf(runs[0]!));
  });

  test("no span holds an input, a result, a message, a secret, a header's value, a path or a query", async () => {
    const { traceId, traceparent } = callersTrace();
    receiver.answerWith(() => ({ status: 410, headers: { "x-answer": canary }, body: canary }));
    await server.client.submit(
      {
        kind: "e2e.throws",
        input: { what: "string", [canary]: canary },
        metadata: { customer: canary },
        callback: {
          url: `${receiver.origin}/${canary}?token=${canary}`,
          headers: { "x-team": canary },
          secret: `whsec_${Buffer.from(canary.repeat(4)).toString("base64")}`,
        },
      },
      { traceparent, "idempotency-key": canary },
    );
    await spansOf(traceId, 3);
    const sent = collector.requests.map(({ body }) => body).join("\n");
    expect(sent).not.toContain(canary);
    expect(sent).not.toContain("a string was thrown");
    expect(sent).not.toMatch(/whsec_|rb_live_|token=/);
    // The collector's own key went where it belongs.
    expect(collector.requests[0]).toMatchObject({
      path: "/v1/traces",
      headers: expect.stringContaining(`"x-api-key":"the ${canary}"`) as unknown,
    });
  });
});

test.each([
  ["is not there", null],
  ["answers 500", 500],
  ["does not answer", "silence"],
] as const)("a collector that %s delays and fails nothing, and the server stops", async (_, answer) => {
  const collector = await startCollector();
  if (answer === null) await collector.close();
  else collector.answerWith(answer);
  const server = await startInProcess({ settings: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.origin } });
  const jobs = await Promise.all([1, 2, 3].map((input) => server.client.submit({ kind: "e2e.echo", input })));
  for (const { id } of jobs) {
    expect(await server.client.waitForDone(id)).toMatchObject({ status: "succeeded" });
  }
  if (answer !== null) await collector.waitForRequests(1);
  await server.stop();
  if (answer !== null) await collector.close();
});

test("OTEL_SDK_DISABLED switches traces off: nothing is sent, and a traceparent goes out as it came in", async () => {
  const [collector, receiver] = await Promise.all([startCollector(), startReceiver()]);
  const server = await startInProcess({
    settings: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.origin, OTEL_SDK_DISABLED: "true" },
  });
  const { traceparent } = callersTrace();
  const job = await server.client.submit(
    { kind: "e2e.trace-once-more", callback: { url: `${receiver.origin}/off` } },
    { traceparent },
  );
  const { headers } = await receiver.waitFor(({ path }) => path === "/off");
  expect(headers["traceparent"]).toBe(traceparent);
  expect((await server.client.job(job.id)).result).toBe(traceparent);
  await server.stop();
  expect(collector.requests).toEqual([]);
  await Promise.all([receiver.close(), collector.close()]);
});
