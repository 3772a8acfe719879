// (i) What 1,000 clients that poll ten times a second each do to the latency of intake: the p99 of 100 submissions a second beside
// them, against the p99 without them, in turn on one server (F118).
import type { Figure } from "../figure.ts";
import { both } from "../line.ts";
import type { Api } from "../load/api.ts";
import { Connection } from "../load/connection.ts";
import { openLoop } from "../load/open-loop.ts";
import { inTurn } from "../numbers/rounds.ts";
import { percentile } from "../numbers/statistics.ts";
import { pollsOf } from "./polls.ts";

const sizes = {
  full: { rounds: 4, roundMs: 5_000, clients: 1_000 },
  quick: { rounds: 1, roundMs: 2_000, clients: 100 },
};
const jobs = 100;
const submissionsPerSecond = 100;
/**
 * Each client asks ten times a second, at instants of its own, however late it is answered: clients that paced themselves by the
 * answers would fall into step behind one that was late, and ask all at once from then on.
 */
const everyMs = 100;

export const pollingClients: Figure = {
  letter: "i",
  lines: {
    intake: {
      name: "intake p99 beside 1,000 polling clients",
      against: "without them",
      unit: "ms",
      judging: "ratio",
      aim: both({ below: 2 }),
    },
  },
  async measure(ground) {
    const { rounds, roundMs, clients } = sizes[ground.size];
    const house = await ground.openHouse();
    const instead = { program: "intake-server.ts", args: ["idle"] };
    const server = await house.start({ roles: ["api"], instead });
    const requests = await pollsOf(server.api, { jobs, apiKey: house.apiKey });
    const beside = async (): Promise<number> => {
      const polling = startPolling(server.url, { clients, requests });
      try {
        await polling.begun;
        return await intakeP99(server.api, roundMs);
      } finally {
        await polling.stop();
      }
    };
    const measured = await ground.busy.during({ server: server.process("api") }, () =>
      inTurn(rounds, beside, () => intakeP99(server.api, roundMs)),
    );
    return { rounds: { intake: measured }, busy: ground.busy.shares() };
  },
};

/** From the instant each submission was meant to be sent to its 202, in milliseconds. */
async function intakeP99(api: Api, forMs: number): Promise<number> {
  const tookMs: number[] = [];
  const body = JSON.stringify({ kind: "bench.noop", input: { n: 1 } });
  await openLoop({
    perSecond: submissionsPerSecond,
    forMs,
    async send(_n, intendedMs) {
      await api.expect(202, { method: "POST", path: "/v1/jobs", body });
      tookMs.push(performance.now() - intendedMs);
    },
  });
  return percentile(tookMs, 99);
}

interface Polling {
  /** Resolves when every client is connected and has been answered once. */
  readonly begun: Promise<unknown>;
  /** Resolves when every client has had its last answer; rejects when one had another one than 304. */
  stop(): Promise<void>;
}

function startPolling(
  url: string,
  { clients, requests }: { readonly clients: number; readonly requests: readonly Buffer[] },
): Polling {
  const stopped = new AbortController();
  const first = Array.from({ length: clients }, () => Promise.withResolvers<void>());
  const polling = Array.from({ length: clients }, (_, at) => poll(at));
  // Heard of at the end; until then a failure is nobody's to handle.
  for (const one of polling) one.catch(() => undefined);

  async function poll(at: number): Promise<void> {
    const connection = new Connection(url);
    const request = requests[at % requests.length];
    if (request === undefined) throw new Error("there is nothing to poll");
    // Spread over the interval, as clients that know nothing of each other are.
    let nextMs = performance.now() + (everyMs * at) / clients;
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
    begun: Promise.race([Promise.all(first.map(({ promise }) => promise)), Promise.all(polling)]),
    async stop() {
      stopped.abort();
      await Promise.all(polling);
    },
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}
