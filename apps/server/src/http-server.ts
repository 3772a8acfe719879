// The listening socket: limits against slow and oversized clients, errors below HTTP as problem documents, and a graceful end.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { getRequestListener, type HttpBindings } from "@hono/node-server";
import type { ShortPoll } from "@ringback/api";
import type { Clock, Random } from "@ringback/core";
import { createEndOfTurn } from "./end-of-turn.ts";
import { httpLimits, type HttpLimits } from "./http-limits.ts";
import { lingerWhenUnread } from "./linger.ts";
import { answerMalformedHttp } from "./malformed-http.ts";

export interface HttpServerOptions {
  readonly fetch: (request: Request, env: unknown) => Response | Promise<Response>;
  /** Asked before `fetch`, which answers what it does not. */
  readonly shortPoll: ShortPoll;
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly clock: Clock;
  readonly random: Random;
  /** What is left out is `httpLimits`. */
  readonly limits?: Partial<HttpLimits>;
}

export interface HttpServer {
  readonly address: AddressInfo;
  /** Asks clients to leave: every answer from now on closes its connection. */
  discourage(): void;
  /** Stops listening, lets answers in flight finish within `withinMs`, then closes what is left. */
  close(withinMs: number): Promise<void>;
}

/** Rejects when the address cannot be listened on; the error's message says which and why. */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { fetch, shortPoll, host, port, clock, random } = options;
  const limits = { ...httpLimits, ...options.limits };
  const malformed = answerMalformedHttp(random, limits);
  const listener = getRequestListener(fetch, {
    errorHandler: () => malformed.response("The Host header or the request target is missing or not valid."),
  });
  const lingering = { clock, bytesMax: limits.lingerBytesMax, withinMs: limits.lingerMs };
  /** Those that take time. Forgotten when they and their request are whole: an idle connection would keep its last one, too. */
  const answers = new WeakMap<Socket, ServerResponse>();
  const remember = (socket: Socket, outgoing: ServerResponse): void => {
    answers.set(socket, outgoing);
    outgoing.once("close", () => {
      if (outgoing.req.complete && answers.get(socket) === outgoing) answers.delete(socket);
    });
  };
  const atEndOfTurn = createEndOfTurn();
  let isLeaving = false;
  const answer = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    if (isLeaving) outgoing.setHeader("connection", "close");
    if (incoming.method !== "GET") lingerWhenUnread(incoming, lingering);
    if (incoming.rawHeaders.length > 2 * limits.headersMax) {
      malformed.tooManyHeaders(outgoing);
      return;
    }
    const whole = (): void => {
      remember(incoming.socket, outgoing);
      void listener(incoming, outgoing);
    };
    const answerShortly = (short: Awaited<ReturnType<ShortPoll>>): void => {
      if (short === null) whole();
      else atEndOfTurn(() => void outgoing.writeHead(short.status, short.headers).end());
    };
    const short = shortPoll(incoming);
    // What could not be looked up is the app's to tell.
    if (short instanceof Promise) short.then(answerShortly, whole);
    else answerShortly(short);
  };
  const server = createServer(serverOptions(limits), answer);
  server.maxConnections = limits.connectionsMax;
  server.maxRequestsPerSocket = limits.requestsPerConnectionMax;
  // Node would drop in silence what is above its own limit; the count is bounded by the bytes, and judged above.
  server.maxHeadersCount = 0;
  // An expectation other than 100-continue may be ignored (RFC 9110 §10.1.1); Node's own refusal is no problem document.
  server.on("checkExpectation", answer);
  server.on("clientError", (error, socket: Socket) => {
    if (isBeingAnswered(answers.get(socket))) socket.destroy();
    else malformed.refuse(error, socket);
  });
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

/** True from an answer's first byte until both it and its request are whole: another answer now would stand inside it. */
function isBeingAnswered(outgoing: ServerResponse | undefined): boolean {
  if (outgoing === undefined || !outgoing.headersSent) return false;
  return !outgoing.writableFinished || !outgoing.req.complete;
}

function serverOptions(limits: HttpLimits) {
  return {
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveMs,
    connectionsCheckingInterval: limits.timeoutsCheckedEveryMs,
    maxHeaderSize: limits.headerBytesMax,
    noDelay: true,
    optimizeEmptyRequests: true,
    // Node's own answer to a missing Host has no body; ours is the problem document of the listener above.
    requireHostHeader: false,
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
