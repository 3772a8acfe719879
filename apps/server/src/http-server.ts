// The listening socket: limits against slow and oversized clients, errors below HTTP as problem documents, and a graceful end.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { getRequestListener, type HttpBindings } from "@hono/node-server";
import type { Clock, Random } from "@ringback/core";
import { answerMalformedHttp } from "./malformed-http.ts";

export interface HttpServerOptions {
  readonly fetch: (request: Request, env: unknown) => Response | Promise<Response>;
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly clock: Clock;
  readonly random: Random;
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
  const { fetch, host, port, clock, random } = options;
  const malformed = answerMalformedHttp(random, headerBytesMax);
  const listener = getRequestListener(fetch, {
    errorHandler: () => malformed.response("The Host header or the request target is missing or not valid."),
  });
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
      // Node's own answer to a missing Host has no body; ours is the problem document of the listener above.
      requireHostHeader: false,
    },
    answer,
  );
  server.maxConnections = connectionsMax;
  server.on("clientError", (error, socket: Socket) => malformed.refuse(error, socket));
  await listen(server, { host, port });
  return {
    address: server.address() as AddressInfo,
    discourage() {
      isLeaving = true;
    },
    close: (withinMs) => close(server, clock, withinMs),
  };
}

/** The address at the other end of the connection: a reverse proxy's own, where there is one. */
export function peerAddress(env: unknown): string | null {
  return (env as Partial<HttpBindings>).incoming?.socket.remoteAddress ?? null;
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
