// Clients that poll, in a process of their own, so that whoever measures the server beside them does not wait for them. They share
// two cores with the server, so they do as little as they can: prepared bytes out, and of the answer only how it begins and ends.
//
// Each asks ten times a second, at instants of its own, however late it is answered: clients that paced themselves by the answers
// would fall into step behind one that was late, and ask all at once from then on.
import { connect, type Socket } from "node:net";
import { answerParent, ready } from "./in-child.ts";

export interface Clients {
  readonly url: string;
  readonly count: number;
  /** What they ask in turn: whole requests. */
  readonly requests: readonly string[];
}

const everyMs = 100;
const tickMs = 1;
/** A second's worth. */
const answersBefore = 10;
const unchanged = "HTTP/1.1 304 ";
const headEnd = "\r\n\r\n";

interface Client {
  readonly socket: Socket;
  readonly request: Buffer;
  isWaiting: boolean;
  answers: number;
  /** What has come of an answer that is not whole yet. */
  begun: string;
}

let polling: Polling | null = null;

answerParent({
  /** Resolves when every client is connected and has polled for a while: what is measured is polling, not a thousand arrivals. */
  async begin(given) {
    polling = await startPolling(given as Clients);
    await polling.settled;
  },
  /** Rejects when one had another answer than 304, or lost its connection. */
  async stop() {
    const stopped = polling;
    polling = null;
    await stopped?.stop();
  },
});
process.on("SIGTERM", () => process.exit(0));
ready();

interface Polling {
  readonly settled: Promise<unknown>;
  stop(): Promise<void>;
}

async function startPolling({ url, count, requests: spelled }: Clients): Promise<Polling> {
  const requests = spelled.map((one) => Buffer.from(one, "latin1"));
  const settled = Promise.withResolvers<void>();
  const over = Promise.withResolvers<void>();
  // Heard of at the end; until then a failure is nobody's to handle.
  over.promise.catch(() => undefined);
  let unsettled = count;

  const answered = (client: Client, answer: string): void => {
    if (!answer.startsWith(unchanged)) return over.reject(new Error(`not a 304: ${answer}`));
    client.isWaiting = false;
    client.answers += 1;
    if (client.answers !== answersBefore) return;
    unsettled -= 1;
    if (unsettled === 0) settled.resolve();
  };
  const clients = await Promise.all(
    Array.from({ length: count }, (_, at) => {
      const request = requests[at % requests.length];
      if (request === undefined) throw new Error("there is nothing to poll");
      return connectClient(url, { request, answered, lost: over.reject });
    }),
  );

  /** Spread over the interval, as clients that know nothing of each other are; `turn` counts the clients whose time has come. */
  let turn = 0;
  const startedMs = performance.now();
  const timer = setInterval(() => {
    const dueTurns = Math.floor(((performance.now() - startedMs) / everyMs) * count);
    // Whoever fell so far behind that its next time has come too leaves one out.
    turn = Math.max(turn, dueTurns - count);
    for (; turn < dueTurns; turn += 1) {
      const client = clients[turn % count];
      if (client === undefined || client.isWaiting) continue;
      client.isWaiting = true;
      client.socket.write(client.request);
    }
  }, tickMs);

  return {
    settled: Promise.race([settled.promise, over.promise]),
    async stop() {
      clearInterval(timer);
      over.resolve();
      for (const { socket } of clients) socket.destroy();
      await over.promise;
    },
  };
}

interface ClientOptions {
  readonly request: Buffer;
  readonly answered: (client: Client, answer: string) => void;
  readonly lost: (error: Error) => void;
}

/** What is read is looked at before the next read, so all sockets share the memory for it. */
const received = Buffer.alloc(65_536);

function connectClient(url: string, { request, answered, lost }: ClientOptions): Promise<Client> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const take = (bytes: number): boolean => {
      client.begun += received.toString("latin1", 0, bytes);
      if (!client.begun.endsWith(headEnd)) return true;
      const answer = client.begun;
      client.begun = "";
      answered(client, answer);
      return true;
    };
    const socket = connect({
      host: hostname,
      port: Number(port),
      noDelay: true,
      onread: { buffer: received, callback: take },
    });
    const client: Client = { socket, request, isWaiting: false, answers: 0, begun: "" };
    const fail = (error: Error): void => {
      reject(error);
      lost(error);
    };
    socket.once("connect", () => resolve(client));
    socket.on("error", fail);
    socket.on("close", () => fail(new Error("a poller's connection was closed")));
  });
}
