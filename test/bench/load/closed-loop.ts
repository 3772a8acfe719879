// A closed loop: so many clients, each of which asks again as soon as it has been answered. It finds how many answers per
// second there can be at most.
import { Connection } from "./connection.ts";

export interface ClosedLoop {
  readonly url: string;
  readonly connections: number;
  readonly forMs: number;
  /** Every answer's; another one ends the loop as a failure. */
  readonly status: number;
  /** The `n`th request, from 0. */
  readonly request: (n: number) => Buffer;
}

/** Answers per second. */
export async function closedLoop(options: ClosedLoop): Promise<number> {
  const { url, connections, forMs, status, request } = options;
  const startedMs = performance.now();
  let sent = 0;
  let answered = 0;

  async function client(): Promise<void> {
    const connection = new Connection(url);
    try {
      while (performance.now() - startedMs < forMs) {
        const answer = await connection.send(request(sent++));
        if (answer.status !== status)
          throw new Error(`${answer.status} instead of ${status}: ${answer.head} ${answer.body}`);
        answered += 1;
      }
    } finally {
      connection.close();
    }
  }

  await Promise.all(Array.from({ length: connections }, client));
  return answered / ((performance.now() - startedMs) / 1_000);
}
