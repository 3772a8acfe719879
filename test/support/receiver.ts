// A receiver on loopback: logs every request with its exact bytes, and answers as its script says.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { bounded } from "./bounded.ts";

export interface ReceivedRequest {
  /** When its last byte had arrived, in milliseconds since 1970. */
  readonly at: number;
  readonly method: string;
  /** With the query. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly webhookId: string;
  /** 1 for the first request with this webhook-id on this path, 2 for the next, … */
  readonly occurrence: number;
  /** The status it was answered with; null while it is unanswered. */
  answeredStatus: number | null;
}

/** A status alone, a whole answer, silence on an open connection, or a connection that is reset. */
export type Answer =
  | number
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  | "silence"
  | "reset";

export type Script = (request: ReceivedRequest) => Answer | Promise<Answer>;

export interface Receiver {
  /** `http://127.0.0.1:<port>`. */
  readonly origin: string;
  readonly port: number;
  readonly requests: readonly ReceivedRequest[];
  /** Connections taken so far. */
  connections(): number;
  /** Replaces the script; the first one answers 204. */
  answerWith(script: Script): void;
  /** The first request, past or future, that `matches`. */
  waitFor(matches: (request: ReceivedRequest) => boolean, timeoutMs?: number): Promise<ReceivedRequest>;
  /** Resolves once that many requests match. */
  waitForCount(
    count: number,
    matches?: (request: ReceivedRequest) => boolean,
    timeoutMs?: number,
  ): Promise<readonly ReceivedRequest[]>;
  close(): Promise<void>;
}

const timeoutDefaultMs = 10_000;

export async function startReceiver(first: Script = () => 204): Promise<Receiver> {
  let script = first;
  let connections = 0;
  const requests: ReceivedRequest[] = [];
  const waiting = new Set<() => void>();
  const take = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const body = await collect(incoming);
    if (body === null) return;
    const request = toReceived(incoming, body, requests);
    requests.push(request);
    for (const look of waiting) look();
    await answer(request, script, outgoing);
  };
  const server = createServer((incoming, outgoing) => {
    void take(incoming, outgoing);
  });
  server.on("connection", () => (connections += 1));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;

  const waitForCount: Receiver["waitForCount"] = (
    count,
    matches = () => true,
    timeoutMs = timeoutDefaultMs,
  ) => {
    const { promise, resolve } = Promise.withResolvers<readonly ReceivedRequest[]>();
    const look = (): void => {
      const found = requests.filter((request) => matches(request));
      if (found.length >= count) resolve(found);
    };
    waiting.add(look);
    look();
    return bounded(
      promise,
      timeoutMs,
      () => `${count} matching requests among ${requests.length} received`,
    ).finally(() => waiting.delete(look));
  };

  return {
    origin: `http://127.0.0.1:${port}`,
    port,
    requests,
    connections: () => connections,
    answerWith: (next) => void (script = next),
    async waitFor(matches, timeoutMs) {
      const [request] = await waitForCount(1, matches, timeoutMs);
      if (request === undefined) throw new Error("a wait for one request ended without it");
      return request;
    },
    waitForCount,
    close() {
      const { promise, resolve } = Promise.withResolvers<void>();
      server.close(() => resolve());
      server.closeAllConnections();
      return promise;
    },
  };
}

/** The whole body, or null when the sender broke off before its end. */
function collect(incoming: IncomingMessage): Promise<Buffer | null> {
  const { promise, resolve } = Promise.withResolvers<Buffer | null>();
  const chunks: Buffer[] = [];
  incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
  incoming.on("end", () => resolve(Buffer.concat(chunks)));
  incoming.on("close", () => resolve(null));
  incoming.on("error", () => resolve(null));
  return promise;
}

function toReceived(
  incoming: IncomingMessage,
  body: Buffer,
  earlier: readonly ReceivedRequest[],
): ReceivedRequest {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  const path = incoming.url ?? "/";
  const webhookId = headers["webhook-id"] ?? "";
  const same = earlier.filter((request) => request.webhookId === webhookId && request.path === path);
  const { method = "" } = incoming;
  return {
    at: Date.now(),
    method,
    path,
    headers,
    body,
    webhookId,
    occurrence: same.length + 1,
    answeredStatus: null,
  };
}

async function answer(request: ReceivedRequest, script: Script, outgoing: ServerResponse): Promise<void> {
  const chosen = await script(request);
  if (chosen === "silence") return;
  if (chosen === "reset") {
    outgoing.socket?.resetAndDestroy();
    return;
  }
  const { status, headers = {}, body = "" } = typeof chosen === "number" ? { status: chosen } : chosen;
  request.answeredStatus = status;
  outgoing.writeHead(status, headers);
  outgoing.end(body);
}
