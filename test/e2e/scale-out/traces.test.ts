// One trace over three processes, each of which does its part of it and sends its own spans.
import { expect, onTestFinished, test } from "vitest";
import { startCollector } from "../../support/collector.ts";
import { createTestDatabase } from "../../support/mode.ts";
import { startReceiver } from "../../support/receiver.ts";
import { makeHome } from "../e2e-home.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";

test(
  "api, runner and dispatcher tell one trace, and what they have not sent they send when they are stopped",
  { timeout: 60_000 },
  async () => {
    const [collector, receiver, database] = await Promise.all([
      startCollector(),
      startReceiver(),
      createTestDatabase(),
    ]);
    const settings = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.origin };
    const home = makeHome({ database, settings });
    onTestFinished(async () => {
      await home.dispose();
      await Promise.all([collector.close(), receiver.close(), database.drop()]);
    });
    const roles = ["api", "runner", "dispatcher"];
    const [api, runner, dispatcher] = await Promise.all(
      roles.map((role) => home.start({ RINGBACK_ROLE: role })),
    );
    const job = await home.client.submit(
      { kind: "e2e.waits-for", input: { forMs: 1_000 }, callback: { url: `${receiver.origin}/in` } },
      { traceparent: `00-${traceId}-00f067aa0ba902b7-01` },
    );
    await home.client.waitForJob(job.id, ({ status }) => status === "running");
    // Its run, and with it the span, ends while it drains.
    expect(await runner?.terminate()).toEqual({ code: 0, signal: null });
    expect(collector.spans.map(({ kind }) => kind)).toContain("consumer");
    await receiver.waitForCount(1);
    await home.client.waitForJob(job.id, ({ callback }) => callback?.deliveries.delivered === 1);

    for (const one of [api, dispatcher]) expect(await one?.terminate()).toEqual({ code: 0, signal: null });

    const spans = collector.spans.filter((span) => span.traceId === traceId);
    const submit = spans.find(({ kind }) => kind === "server");
    const told = spans.map(
      ({ kind, parentSpanId, resource }) =>
        `${kind} of ${String(resource["ringback.role"])} below ${parentSpanId}`,
    );
    expect(told.toSorted()).toEqual([
      `client of dispatcher below ${submit?.spanId}`,
      `consumer of runner below ${submit?.spanId}`,
      "server of api below 00f067aa0ba902b7",
    ]);
    expect(new Set(spans.map(({ resource }) => resource["service.instance.id"])).size).toBe(3);
  },
);
