// Clients that poll, in a process of their own, so that whoever measures the server beside them does not wait for them.
//
// Each asks ten times a second, at instants of its own, however late it is answered: clients that paced themselves by the answers
// would fall into step behind one that was late, and ask all at once from then on.
import { Connection } from "../load/connection.ts";
import { answerParent, ready } from "./in-child.ts";

export interface Clients {
  readonly url: string;
  readonly count: number;
  /** What they ask in turn: whole requests. */
  readonly requests: readonly string[];
}

const everyMs = 100;
let polling: Polling | null = null;

answerParent({
  /** Resolves when every client is connected and has been answered once. */
  async begin(given) {
    polling = startPolling(given as Clients);
    await polling.begun;
  },
  /** Rejects when one had another answer than 304. */
  async stop() {
    await polling?.stop();
    polling = null;
  },
});
process.on("SIGTERM", () => process.exit(0));
ready();

interface Polling {
  readonly begun: Promise<unknown>;
  stop(): Promise<void>;
}

function startPolling({ url, count, requests: spelled }: Clients): Polling {
  const stopped = new AbortController();
  const requests = spelled.map((one) => Buffer.from(one, "latin1"));
  const first = Array.from({ length: count }, () => Promise.withResolvers<void>());
  const clients = Array.from({ length: count }, (_, at) => poll(at));
  // Heard of at the end; until then a failure is nobody's to handle.
  for (const one of clients) one.catch(() => undefined);

  async function poll(at: number): Promise<void> {
    const connection = new Connection(url);
    const request = requests[at % requests.length];
    if (request === undefined) throw new Error("there is nothing to poll");
    // Spread over the interval, as clients that know nothing of each other are.
    let nextMs = performance.now() + (everyMs * at) / count;
    try {
      while (!stopped.signal.aborted) {
        await pause(nextMs - performance.now());
        const answer = await connection.send(request);
        if (answer.status !== 304) throw new Error(`${answer.status} instead of 304: ${answer.head}`);
        first[at]?.resolve();
        do nextMs += everyMs;
        while (nextMs <= performance.now());
      }
    } finally {
      connection.close();
    }
  }

  return {
    begun: Promise.race([Promise.all(first.map(({ promise }) => promise)), Promise.all(clients)]),
    async stop() {
      stopped.abort();
      await Promise.all(clients);
    },
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}
