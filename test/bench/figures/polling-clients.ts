// (i) What 1,000 clients that poll ten times a second each do to the latency of intake: the p99 of 100 submissions a second beside
// them, against the p99 without them, in turn on one server (F118). They poll from a process of their own, since one that asks and
// hears 10,000 times a second itself keeps what it measures waiting.
import type { Clients } from "../children/polling-clients.ts";
import type { Figure } from "../figure.ts";
import { both } from "../line.ts";
import type { Api } from "../load/api.ts";
import { openLoop } from "../load/open-loop.ts";
import { inTurn } from "../numbers/rounds.ts";
import { percentile } from "../numbers/statistics.ts";
import { pollsOf } from "./polls.ts";

const sizes = {
  full: { rounds: 8, roundMs: 4_000, clients: 1_000 },
  quick: { rounds: 1, roundMs: 2_000, clients: 100 },
};
const jobs = 100;
const submissionsPerSecond = 100;
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
    const spelled = requests.map((request) => request.toString("latin1"));
    const polling: Clients = { url: server.url, count: clients, requests: spelled };
    const pollers = await ground.startChild("polling-clients.ts");
    const beside = async (): Promise<number> => {
      try {
        await pollers.ask("begin", polling);
        return await intakeP99(server.api, roundMs);
      } finally {
        await pollers.ask("stop");
      }
    };
    const measured = await ground.busy.during({ server: server.process("api"), clients: pollers }, () =>
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
