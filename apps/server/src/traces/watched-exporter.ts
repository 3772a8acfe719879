// Says when spans could not be sent: at most once a minute, and how many since the last time.
import type { ReadableSpan, SpanExporter } from "@opentelemetry/sdk-trace";
import type { Clock, Log } from "@ringback/core";

const sayAgainMs = 60_000;
const reasonLengthMax = 200;

export function watchedExporter(
  exporter: SpanExporter,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): SpanExporter {
  let unsent = 0;
  let saidAtMs = Number.NEGATIVE_INFINITY;

  function say(error: Error, spans: number): void {
    unsent += spans;
    const nowMs = clock.monotonicMs();
    if (nowMs - saidAtMs < sayAgainMs) return;
    // Not the answer's body, which is the collector's to fill.
    const reason = error.message.slice(0, reasonLengthMax);
    log.warn("spans_not_sent", { count: unsent, reason });
    unsent = 0;
    saidAtMs = nowMs;
  }

  return {
    export(spans: ReadableSpan[], done) {
      exporter.export(spans, (result) => {
        if (result.error !== undefined) say(result.error, spans.length);
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
  };
}
