// What a stop waits for, and what is logged, with a collector that is not as it should be.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { InMemorySpanExporter, type ReadableSpan } from "@opentelemetry/sdk-trace";
import type { Clock, Log, LogFields } from "@ringback/core";
import { parseConfig, type Config } from "../config/parse-config.ts";
import { systemRandom } from "../system.ts";
import { openTraces } from "./open-traces.ts";
import { createSpanWatch } from "./span-watch.ts";

let collector: Server | null = null;
afterEach(() => {
  collector?.closeAllConnections();
  collector?.close();
  collector = null;
});

function configOf(env: Readonly<Record<string, string>>): Config {
  const parsed = parseConfig(env);
  if (!parsed.ok) throw new Error(parsed.problems.join("; "));
  return parsed.config;
}

function steppedClock(): Clock & { advance(byMs: number): void; readonly waiting: number } {
  let nowMs = 0;
  const timers = new Set<{ readonly atMs: number; readonly wake: () => void }>();
  return {
    now: () => nowMs,
    monotonicMs: () => nowMs,
    after(delayMs, wake) {
      const timer = { atMs: nowMs + delayMs, wake };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    advance(byMs) {
      nowMs += byMs;
      for (const timer of timers) {
        if (timer.atMs > nowMs) continue;
        timers.delete(timer);
        timer.wake();
      }
    },
    get waiting() {
      return timers.size;
    },
  };
}

function keptLog(): Log & { readonly warned: (LogFields | undefined)[] } {
  const warned: (LogFields | undefined)[] = [];
  const ignore = (): void => undefined;
  return {
    warned,
    debug: ignore,
    info: ignore,
    error: ignore,
    warn: (_event, fields) => void warned.push(fields),
  };
}

test("a collector that does not answer holds up a stop for one second, and no longer", async () => {
  const asked = Promise.withResolvers<void>();
  const silent = createServer(() => asked.resolve());
  collector = silent;
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const { port } = silent.address() as AddressInfo;
  const config = configOf({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `http://127.0.0.1:${port}/in` });
  const clock = steppedClock();
  const opened = await openTraces({
    config,
    mode: "embedded",
    clock,
    random: systemRandom(),
    log: keptLog(),
  });
  opened.traces.submission({ method: "POST", path: "/v1/jobs" }, null).end(202, null);
  let isClosed = false;
  const closing = opened.close().then(() => (isClosed = true));
  await asked.promise;
  expect({ isClosed, waiting: clock.waiting }).toEqual({ isClosed: false, waiting: 1 });
  clock.advance(999);
  await Promise.resolve();
  expect(isClosed).toBe(false);
  clock.advance(1);
  await closing;
  expect(isClosed).toBe(true);
});

test("spans that nobody takes in time are dropped and logged, and those that wait are bounded", async () => {
  const counts: number[] = [];
  const counting = createServer((incoming, outgoing) => {
    let body = "";
    incoming.on("data", (text) => (body += String(text)));
    incoming.on("end", () => {
      counts.push(body.split('"spanId"').length - 1);
      outgoing.end("{}");
    });
  });
  collector = counting;
  await new Promise<void>((resolve) => counting.listen(0, "127.0.0.1", resolve));
  const { port } = counting.address() as AddressInfo;
  const config = configOf({ OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` });
  const log = keptLog();
  const parts = { mode: "embedded", clock: steppedClock(), random: systemRandom(), log };
  const opened = await openTraces({ config, ...parts });
  for (let n = 0; n < 10_000; n += 1) {
    opened.traces.submission({ method: "POST", path: "/v1/jobs" }, null).end(202, null);
  }
  await opened.close();
  // 512 were on their way, and 2,048 waited.
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(2_560);
  expect(log.warned).toEqual([{ count: 1, reason: "more spans than could be sent in time" }]);
});

test("what could not be sent is logged at most once a minute, with how many spans it was since the last time", () => {
  // One that has been stopped takes nothing any more.
  const failing = new InMemorySpanExporter();
  void failing.shutdown();
  const clock = steppedClock();
  const log = keptLog();
  const exporter = createSpanWatch({ clock, log }).exporter(failing);
  let answers = 0;
  const told = (): void => void (answers += 1);
  const send = (count: number): void =>
    exporter.export(Array.from<ReadableSpan>({ length: count }), () => told());
  send(3);
  clock.advance(59_999);
  send(4);
  expect(log.warned).toEqual([{ count: 3, reason: "Exporter has been stopped" }]);
  clock.advance(1);
  send(5);
  expect(log.warned.slice(1)).toEqual([{ count: 9, reason: "Exporter has been stopped" }]);
  expect(answers).toBe(3);
});

test.each([
  [{}, false],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1" }, true],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1", OTEL_SDK_DISABLED: "true" }, false],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1", OTEL_TRACES_SAMPLER: "always_off" }, false],
  [
    {
      OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1",
      OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
      OTEL_TRACES_SAMPLER_ARG: "0",
    },
    false,
  ],
])("with %j a submission that brings no trace is kept: %s", async (env, isKept) => {
  const parts = { mode: "embedded", clock: steppedClock(), random: systemRandom(), log: keptLog() };
  const { traces } = await openTraces({ config: configOf(env), ...parts });
  const { traceparent } = traces.submission({ method: "POST", path: "/v1/jobs" }, null);
  expect(traceparent?.endsWith("-01") ?? false).toBe(isKept);
});
