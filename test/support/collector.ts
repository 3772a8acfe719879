// A collector on loopback: takes OTLP over HTTP in JSON, keeps every span, and answers as it is told.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { bounded } from "./bounded.ts";

export type SpanKindName = "internal" | "server" | "client" | "producer" | "consumer";
type Attribute = string | number | boolean | undefined;

export interface CollectedSpan {
  readonly name: string;
  readonly kind: SpanKindName;
  readonly traceId: string;
  readonly spanId: string;
  /** Empty when it is a root. */
  readonly parentSpanId: string;
  readonly attributes: Readonly<Record<string, Attribute>>;
  /** What its process says of itself. */
  readonly resource: Readonly<Record<string, Attribute>>;
  /** The status's message when it is an error, else null. */
  readonly error: string | null;
  /** Nanoseconds since 1970. */
  readonly startedAt: bigint;
  readonly endedAt: bigint;
}

/** A status, or no answer at all. */
export type CollectorAnswer = number | "silence";

export interface Collector {
  /** `http://127.0.0.1:<port>`: what OTEL_EXPORTER_OTLP_ENDPOINT is set to. */
  readonly origin: string;
  readonly spans: readonly CollectedSpan[];
  /** Every body as it came, with its path and headers. */
  readonly requests: readonly { readonly path: string; readonly headers: string; readonly body: string }[];
  answerWith(answer: CollectorAnswer): void;
  /** Resolves once that many spans match. */
  waitForCount(count: number, matches?: (span: CollectedSpan) => boolean): Promise<readonly CollectedSpan[]>;
  /** The first span, past or future, that matches. */
  waitFor(matches: (span: CollectedSpan) => boolean): Promise<CollectedSpan>;
  /** Resolves once something has been asked of it, answered or not. */
  waitForRequests(count: number): Promise<void>;
  close(): Promise<void>;
}

const timeoutMs = 15_000;

export async function startCollector(): Promise<Collector> {
  const spans: CollectedSpan[] = [];
  const requests: { path: string; headers: string; body: string }[] = [];
  const waiting = new Set<() => void>();
  let answer: CollectorAnswer = 200;

  const take = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString("utf8");
    requests.push({ path: incoming.url ?? "", headers: JSON.stringify(incoming.headers), body });
    if (answer === 200) spans.push(...spansOf(JSON.parse(body) as Exported));
    for (const look of waiting) look();
    if (answer === "silence") return;
    outgoing.writeHead(answer, { "content-type": "application/json" }).end("{}");
  };
  const server = createServer((incoming, outgoing) => {
    // A sender that goes away in the middle is no fault of the collector's.
    take(incoming, outgoing).catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;

  const until = async <Found>(find: () => Found | null, what: () => string): Promise<Found> => {
    const { promise, resolve } = Promise.withResolvers<Found>();
    const look = (): void => {
      const found = find();
      if (found !== null) resolve(found);
    };
    waiting.add(look);
    look();
    return bounded(promise, timeoutMs, what).finally(() => waiting.delete(look));
  };
  const waitForCount: Collector["waitForCount"] = (count, matches = () => true) =>
    until(
      () => {
        const found = spans.filter((span) => matches(span));
        return found.length >= count ? found : null;
      },
      () => `${count} matching spans among ${JSON.stringify(spans.map(({ name }) => name))}`,
    );

  return {
    origin: `http://127.0.0.1:${port}`,
    spans,
    requests,
    answerWith: (next) => void (answer = next),
    waitForCount,
    async waitFor(matches) {
      const [span] = await waitForCount(1, matches);
      if (span === undefined) throw new Error("a wait for one span ended without it");
      return span;
    },
    waitForRequests: (count) =>
      until(
        () => (requests.length >= count ? undefined : null),
        () => `${count} requests; there were ${requests.length}`,
      ),
    close() {
      const { promise, resolve } = Promise.withResolvers<void>();
      server.close(() => resolve());
      server.closeAllConnections();
      return promise;
    },
  };
}

interface Exported {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly KeyValue[] };
    readonly scopeSpans: readonly { readonly spans: readonly ExportedSpan[] }[];
  }[];
}

interface KeyValue {
  readonly key: string;
  readonly value: {
    readonly stringValue?: string;
    readonly intValue?: number;
    readonly doubleValue?: number;
    readonly boolValue?: boolean;
  };
}

interface ExportedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly KeyValue[];
  readonly status: { readonly code: number; readonly message?: string };
}

/** OTLP's numbers of the kinds, in their order from 1 on. */
const kinds: readonly SpanKindName[] = ["internal", "server", "client", "producer", "consumer"];
const errorStatus = 2;

function spansOf({ resourceSpans }: Exported): CollectedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans
      .flatMap(({ spans }) => spans)
      .map((span) => ({
        name: span.name,
        kind: kinds[span.kind - 1] ?? "internal",
        traceId: span.traceId,
        spanId: span.spanId,
        parentSpanId: span.parentSpanId ?? "",
        attributes: plain(span.attributes),
        resource: plain(resource.attributes),
        error: span.status.code === errorStatus ? (span.status.message ?? "") : null,
        startedAt: BigInt(span.startTimeUnixNano),
        endedAt: BigInt(span.endTimeUnixNano),
      })),
  );
}

function plain(attributes: readonly KeyValue[]): Record<string, Attribute> {
  return Object.fromEntries(
    attributes.map(({ key, value: { stringValue, intValue, doubleValue, boolValue } }) => [
      key,
      stringValue ?? intValue ?? doubleValue ?? boolValue,
    ]),
  );
}
