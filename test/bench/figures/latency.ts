// (e) How long a job takes from the instant it was meant to be submitted to its callback, at a steady 200 jobs per second.
import type { Figure } from "../figure.ts";
import { both, type Line } from "../line.ts";
import type { Round } from "../numbers/rounds.ts";
import { percentile } from "../numbers/statistics.ts";
import { timedJobs } from "./timed-jobs.ts";

const sizes = {
  full: { rounds: 4, roundMs: 5_000, warmUpMs: 2_000 },
  quick: { rounds: 1, roundMs: 2_000, warmUpMs: 500 },
};
const perSecond = 200;

const percentiles = { p50: 50, p95: 95, p99: 99 } as const;

function line(name: string, aim: Line["aim"]): Line {
  return { name: `submit to callback, ${name}`, against: null, unit: "ms", judging: "value", aim };
}

export const latency: Figure = {
  letter: "e",
  lines: {
    p50: line("p50", both(null)),
    p95: line("p95", both({ below: 50 })),
    p99: line("p99", both(null)),
  },
  async measure(ground) {
    const { rounds, roundMs, warmUpMs } = sizes[ground.size];
    const house = await ground.openHouse();
    const server = await house.start();
    const jobs = await timedJobs(ground.closing);
    const callback = { url: `${jobs.url}/callback` };
    const run = (forMs: number): Promise<readonly number[]> =>
      jobs.run({ api: server.api, perSecond, forMs, submit: () => ({ callback, isTimed: true }) });
    await run(warmUpMs);
    const took = await ground.busy.during({ server: server.process("all") }, async () => {
      const windows: (readonly number[])[] = [];
      while (windows.length < rounds) windows.push(await run(roundMs));
      return windows;
    });
    const roundsOf = (percent: number): Round[] =>
      took.map((tookMs) => ({ ours: percentile(tookMs, percent), bare: null }));
    return {
      rounds: Object.fromEntries(
        Object.entries(percentiles).map(([name, percent]) => [name, roundsOf(percent)]),
      ),
      busy: ground.busy.shares(),
    };
  },
};
