// One keep-alive connection that carries one request at a time: prepared bytes out, status and body in. It parses no more than
// that, so that a load costs a fraction of what it loads and the server, not the client, is what is measured.
import { connect, type Socket } from "node:net";

export interface Answer {
  readonly status: number;
  /** The header block as it came. */
  readonly head: string;
  readonly body: string;
}

const headEnd = Buffer.from("\r\n\r\n");
const answerMs = 20_000;
/** Servers close what lies idle for longer, Node's after 5 s; a request sent into that would be lost. */
const idleMaxMs = 3_000;

export class Connection {
  readonly #host: string;
  readonly #port: number;
  #socket: Socket | null = null;
  #received: Buffer = Buffer.alloc(0);
  #waiting: PromiseWithResolvers<Answer> | null = null;
  #answeredMs = 0;

  constructor(url: string) {
    const { hostname, port } = new URL(url);
    this.#host = hostname;
    this.#port = Number(port);
  }

  /** Resolves with the answer; rejects when the connection ends or stays silent for 20 s before it is complete. */
  send(request: Buffer): Promise<Answer> {
    if (performance.now() - this.#answeredMs > idleMaxMs) this.close();
    this.#socket ??= this.#open();
    this.#waiting = Promise.withResolvers<Answer>();
    this.#socket.write(request);
    return this.#waiting.promise;
  }

  close(): void {
    this.#socket?.destroy();
    this.#socket = null;
  }

  #open(): Socket {
    const socket = connect({ host: this.#host, port: this.#port, noDelay: true });
    socket.setTimeout(answerMs, () => socket.destroy(new Error(`no answer within ${answerMs} ms`)));
    socket.on("data", (chunk) => this.#take(chunk));
    let failure = new Error("the connection was closed before the answer was complete");
    socket.on("error", (error) => (failure = error));
    socket.on("close", () => {
      // One that was closed for having been idle has nothing to say about the one after it.
      if (this.#socket !== null && this.#socket !== socket) return;
      this.#socket = null;
      this.#received = Buffer.alloc(0);
      this.#waiting?.reject(failure);
      this.#waiting = null;
    });
    return socket;
  }

  #take(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const headBytes = this.#received.indexOf(headEnd);
    if (headBytes === -1) return;
    const head = this.#received.toString("latin1", 0, headBytes);
    const status = Number(head.slice(9, 12));
    const bodyBytes = bodyLength(head, status);
    if (bodyBytes === null) {
      this.#socket?.destroy(new Error(`an answer without Content-Length: ${head}`));
      return;
    }
    const from = headBytes + headEnd.length;
    if (this.#received.length < from + bodyBytes) return;
    const body = this.#received.toString("utf8", from, from + bodyBytes);
    this.#received = Buffer.alloc(0);
    this.#answeredMs = performance.now();
    const waiting = this.#waiting;
    this.#waiting = null;
    // The server's last answer on this connection, as it says after 10,000 requests: another one would get Node's bare 503.
    if (/\r\nconnection: *close/i.test(head)) this.close();
    waiting?.resolve({ status, head, body });
  }
}

/** Null when only the end of the connection, or chunks, would tell. */
function bodyLength(head: string, status: number): number | null {
  if (status === 204 || status === 304) return 0;
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  return length === undefined ? null : Number(length);
}
