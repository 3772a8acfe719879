// Ids of traces and spans, from our own randomness; and those of a span that was begun in another process, when it is to be ended
// here: the SDK has no other way to make a span under an id that is known already.
import type { IdGenerator } from "@opentelemetry/sdk-trace";
import type { Random } from "@ringback/core";

export interface SpanIds extends IdGenerator {
  /** Calls `make`, in which the first span gets these ids. */
  within<Made>(given: { readonly traceId: string; readonly spanId: string }, make: () => Made): Made;
}

export function createSpanIds(random: Random): SpanIds {
  let given: { readonly traceId: string; readonly spanId: string } | null = null;
  /** All zeros stand for no id (W3C Trace Context §3.2.2.3). */
  const fresh = (bytes: number): string => {
    const id = Buffer.from(random.bytes(bytes)).toString("hex");
    return /[^0]/.test(id) ? id : fresh(bytes);
  };
  return {
    generateTraceId: () => given?.traceId ?? fresh(16),
    generateSpanId: () => given?.spanId ?? fresh(8),
    within(ids, make) {
      given = ids;
      try {
        return make();
      } finally {
        given = null;
      }
    },
  };
}
