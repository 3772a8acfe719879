// A receiver on loopback that answers with raw bytes, so that it can misbehave in every way.
import { once } from "node:events";
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";

export interface Exchange {
  readonly socket: Socket;
  /** Head and body as they came. */
  readonly request: string;
  /** 1 for the receiver's first request. */
  readonly n: number;
}

export interface Receiver {
  readonly url: string;
  readonly port: number;
  /** Every request received whole. */
  readonly requests: string[];
  /** Connections accepted so far. */
  readonly connections: () => number;
  /** Connections open now. */
  readonly open: () => number;
  close(): Promise<void>;
}

export interface ReceiverOptions {
  readonly tls?: TlsOptions;
  /** The host of the URL; it is 127.0.0.1 that listens. */
  readonly host?: string;
  /** Called with every connection, before anything was read. */
  readonly onConnection?: (socket: Socket) => void;
}

export async function startReceiver(
  answer: (exchange: Exchange) => void,
  options: ReceiverOptions = {},
): Promise<Receiver> {
  const sockets = new Set<Socket>();
  const requests: string[] = [];
  let connections = 0;
  const accept = (socket: Socket): void => {
    options.onConnection?.(socket);
    readRequests(socket, (request) => answer({ socket, request, n: requests.push(request) }));
  };
  const server: Server =
    options.tls === undefined ? createTcpServer(accept) : createTlsServer(options.tls, accept);
  server.on("tlsClientError", () => undefined);
  server.on("connection", (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http${options.tls === undefined ? "" : "s"}://${options.host ?? "127.0.0.1"}:${port}/hook`,
    port,
    requests,
    connections: () => connections,
    open: () => sockets.size,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** A whole answer with the right length, to be written as latin1. */
export function answerText(status: string, headers: readonly string[] = [], body = ""): string {
  const lines = [`HTTP/1.1 ${status}`, ...headers, `content-length: ${body.length}`, "", body];
  return lines.join("\r\n");
}

function readRequests(socket: Socket, onRequest: (request: string) => void): void {
  let pending = "";
  socket.on("error", () => undefined);
  socket.setEncoding("latin1");
  socket.on("data", (text: string) => {
    pending += text;
    for (let end = endOfRequest(pending); end !== null; end = endOfRequest(pending)) {
      const request = pending.slice(0, end);
      pending = pending.slice(end);
      onRequest(request);
    }
  });
}

function endOfRequest(text: string): number | null {
  const head = text.indexOf("\r\n\r\n");
  if (head === -1) return null;
  const length = /\r\ncontent-length: (\d+)\r\n/i.exec(text.slice(0, head + 2))?.[1] ?? "0";
  const end = head + 4 + Number(length);
  return text.length >= end ? end : null;
}
