// The listening socket: limits against slow and oversized clients, errors below HTTP as problem documents, and a graceful end.
import {
  createServer,
  STATUS_CODES,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { getRequestListener } from "@hono/node-server";
import type { Clock } from "@ringback/core";

export interface HttpServerOptions {
  readonly fetch: (request: Request) => Response | Promise<Response>;
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly clock: Clock;
}

export interface HttpServer {
  readonly address: AddressInfo;
  /** Asks clients to leave: every answer from now on closes its connection. */
  discourage(): void;
  /** Stops listening, lets answers in flight finish within `withinMs`, then closes what is left. */
  close(withinMs: number): Promise<void>;
}

const headersTimeoutMs = 10_000;
const requestTimeoutMs = 15_000;
const connectionsCheckingIntervalMs = 2_000;
const headerBytesMax = 16_384;
const connectionsMax = 10_000;

/** Rejects when the address cannot be listened on; the error's message says which and why. */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { fetch, host, port, clock } = options;
  const listener = getRequestListener((request) => fetch(request), { hostname: host });
  let isLeaving = false;
  const answer = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    if (isLeaving) outgoing.setHeader("connection", "close");
    void listener(incoming, outgoing);
  };
  const server = createServer(
    {
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
      connectionsCheckingInterval: connectionsCheckingIntervalMs,
      maxHeaderSize: headerBytesMax,
      noDelay: true,
    },
    answer,
  );
  server.maxConnections = connectionsMax;
  server.on("clientError", refuseMalformed);
  await listen(server, { host, port });
  return {
    address: server.address() as AddressInfo,
    discourage() {
      isLeaving = true;
    },
    close: (withinMs) => close(server, clock, withinMs),
  };
}

function listen(server: Server, at: { readonly host: string; readonly port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const why = error.code === "EADDRINUSE" ? "the port is taken; set PORT to another one" : error.message;
      reject(new Error(`Cannot listen on ${at.host}:${at.port}: ${why}`, { cause: error }));
    });
    server.listen({ ...at, backlog: 1_024 }, resolve);
  });
}

/** `close` ends idle connections by itself; those with an answer in flight get until the deadline. */
function close(server: Server, clock: Clock, withinMs: number): Promise<void> {
  return new Promise((resolve) => {
    const forget = clock.after(withinMs, () => server.closeAllConnections());
    server.close(() => {
      forget();
      resolve();
    });
  });
}

const malformed: Readonly<Record<string, { status: number; code: string; detail: string }>> = {
  HPE_HEADER_OVERFLOW: {
    status: 431,
    code: "headers-too-large",
    detail: `The headers exceed ${headerBytesMax} bytes.`,
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: 408,
    code: "request-timeout",
    detail: "The request did not arrive in time.",
  },
};
const notHttp = { status: 400, code: "http-invalid", detail: "The request is not valid HTTP/1.1." };

/** What llhttp refuses never reaches the app, so it is answered here, in the app's own form. */
function refuseMalformed(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  const { status, code, detail } = malformed[error.code ?? ""] ?? notHttp;
  const title = STATUS_CODES[status] ?? "Error";
  const body = JSON.stringify({ type: `/problems/${code}`, title, status, code, detail });
  socket.end(
    `HTTP/1.1 ${status} ${title}\r\nconnection: close\r\ncontent-type: application/problem+json\r\n` +
      `x-content-type-options: nosniff\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
