// Spans by the OpenTelemetry SDK, sent to a collector in the background. Nothing that a job needs ever waits for them: the queue
// is bounded, what does not fit or cannot be sent is dropped, and a stop waits for at most `flushMs`.
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { defaultResource, resourceFromAttributes, type Resource } from "@opentelemetry/resources";
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  TracerProvider,
  TraceIdRatioBasedSampler,
  type Sampler,
} from "@opentelemetry/sdk-trace";
import type { Clock, Log, Random, Traces } from "@ringback/core";
import type { Config } from "../config/parse-config.ts";
import { version } from "../version.ts";
import { createSpanIds } from "./span-ids.ts";
import { createSpans } from "./spans.ts";
import { createSpanWatch } from "./span-watch.ts";

export interface OpenedTraces {
  readonly traces: Traces;
  /** Sends what has not been sent, for at most `flushMs`. Never rejects. */
  close(): Promise<void>;
}

export interface TraceParts {
  readonly config: Config;
  readonly mode: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** Spans that wait to be sent; of more than these the newest are dropped. */
const waitingMax = 2_048;
const sentAtOnceMax = 512;
/** How long a span waits for others to be sent with. Milliseconds. */
const gatherMs = 1_000;
/** How long a collector that does not answer holds up a stop. Milliseconds. */
const flushMs = 1_000;

export function openOtlpTraces(url: string, parts: TraceParts): OpenedTraces {
  const { config, clock, random, log } = parts;
  const exporter = new OTLPTraceExporter({
    url,
    headers: Object.fromEntries(config.OTEL_EXPORTER_OTLP_HEADERS),
  });
  const watch = createSpanWatch({ clock, log });
  const ids = createSpanIds(random);
  const batches = new BatchSpanProcessor({
    exporter: watch.exporter(exporter),
    maxQueueSize: waitingMax,
    maxExportBatchSize: sentAtOnceMax,
    scheduledDelayMillis: gatherMs,
  });
  const provider = new TracerProvider({
    resource: resourceOf(parts),
    sampler: samplers[config.OTEL_TRACES_SAMPLER](config.OTEL_TRACES_SAMPLER_ARG),
    idGenerator: ids,
    spanProcessors: [watch.processor(batches, waitingMax)],
  });
  return {
    traces: createSpans({ tracer: provider.getTracer("ringback", version), ids, clock }),
    async close() {
      // What is wrong with the collector has been logged by then.
      const flushed = provider.shutdown().catch(() => undefined);
      await new Promise<void>((resolve) => {
        const forget = clock.after(flushMs, resolve);
        void flushed.then(() => {
          forget();
          resolve();
        });
      });
    },
  };
}

function resourceOf({ config, mode, random }: TraceParts): Resource {
  const { OTEL_SERVICE_NAME: name, OTEL_RESOURCE_ATTRIBUTES: own, RINGBACK_ROLE: role } = config;
  return defaultResource().merge(
    resourceFromAttributes({
      "service.name": "ringback",
      "service.version": version,
      "service.instance.id": Buffer.from(random.bytes(16)).toString("hex"),
      "process.pid": process.pid,
      "ringback.mode": mode,
      "ringback.role": role,
      ...Object.fromEntries(own),
      ...(name !== null && { "service.name": name }),
    }),
  );
}

const samplers: Readonly<Record<Config["OTEL_TRACES_SAMPLER"], (ratio: number) => Sampler>> = {
  always_on: () => new AlwaysOnSampler(),
  always_off: () => new AlwaysOffSampler(),
  traceidratio: (ratio) => new TraceIdRatioBasedSampler(ratio),
  parentbased_always_on: () => new ParentBasedSampler({ root: new AlwaysOnSampler() }),
  parentbased_always_off: () => new ParentBasedSampler({ root: new AlwaysOffSampler() }),
  parentbased_traceidratio: (ratio) => new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
};
