// Bounds the spans that wait to be sent, and says when some were not: at most once a minute, and how many since the last time.
import type { SpanExporter, SpanProcessor } from "@opentelemetry/sdk-trace";
import type { Clock, Log } from "@ringback/core";

export interface SpanWatch {
  /** Hands ended spans on while fewer than `waitingMax` wait for the watched exporter, and drops what is more. */
  processor(inner: SpanProcessor, waitingMax: number): SpanProcessor;
  exporter(inner: SpanExporter): SpanExporter;
}

const sayAgainMs = 60_000;
const reasonLengthMax = 200;

export function createSpanWatch({ clock, log }: { readonly clock: Clock; readonly log: Log }): SpanWatch {
  let waiting = 0;
  let unsent = 0;
  let saidAtMs = Number.NEGATIVE_INFINITY;

  function say(reason: string, spans: number): void {
    unsent += spans;
    const nowMs = clock.monotonicMs();
    if (nowMs - saidAtMs < sayAgainMs) return;
    log.warn("spans_not_sent", { count: unsent, reason: reason.slice(0, reasonLengthMax) });
    unsent = 0;
    saidAtMs = nowMs;
  }

  return {
    processor: (inner, waitingMax) => ({
      onStart: (span, context) => inner.onStart(span, context),
      onEnd(span) {
        if (waiting >= waitingMax) return say("more spans than could be sent in time", 1);
        waiting += 1;
        inner.onEnd(span);
      },
      forceFlush: () => inner.forceFlush(),
      shutdown: () => inner.shutdown(),
    }),
    exporter: (inner) => ({
      export(spans, done) {
        waiting -= spans.length;
        inner.export(spans, (result) => {
          // Not the answer's body, which is the collector's to fill.
          if (result.error !== undefined) say(result.error.message, spans.length);
          done(result);
        });
      },
      shutdown: () => inner.shutdown(),
    }),
  };
}
