// (j) What the support desk waits for with 100,000 dead letters: a page of the list (the first ones, deep ones, and ones that are
// searched for few of one host and code), the groups by cause, and the dry run of a replay of all.
import type { Figure } from "../figure.ts";
import { rareDead } from "../fill/statements.ts";
import { both, type Aim, type Line } from "../line.ts";
import type { Api } from "../load/api.ts";
import { pagesOf, slowestPage } from "../load/pages.ts";
import type { Round } from "../numbers/rounds.ts";
import { oweDeliveries } from "./owing.ts";

const sizes = { full: { rounds: 5, letters: 100_000 }, quick: { rounds: 1, letters: 10_000 } };
const pagesPerRound = 10;
/** The longest page there is. */
const limit = 200;
const list = `/v1/dead-letters?limit=${limit}`;

const line = (name: string, aim: Aim): Line => ({
  name: `dead letters, 100,000: ${name}`,
  against: null,
  unit: "ms",
  judging: "value",
  aim: both(aim),
});
const page: Aim = { below: 100 };

export const deadLetters: Figure = {
  letter: "j",
  lines: {
    first: line("page", page),
    deep: line("page behind half", page),
    filtered: line("page of a rare cause", page),
    groups: line("groups by cause", page),
    dryRun: line("dry run over all", { below: 1_000 }),
  },
  async measure(ground) {
    const { rounds, letters } = sizes[ground.size];
    const receiver = await ground.startChild("receiver.ts");
    const house = await ground.openHouse();
    const owing = { receiver, endpoints: 0, perEndpoint: 0, arePaused: false };
    await oweDeliveries(house, { ...owing, past: letters, deadEvery: 1 });
    const server = await house.start({ roles: ["api"] });
    const { api } = server;
    const measures = {
      first: () => slowestPage(api, list, pagesPerRound),
      deep: () => slowestDeepPage(api, letters / 2),
      filtered: () => slowestPage(api, `${list}&${new URLSearchParams(rareDead).toString()}`, pagesPerRound),
      groups: () => timed(() => api.get("/v1/dead-letters/groups")),
      dryRun: () => dryRun(api, letters),
    };
    const measured = new Map<string, Round[]>();
    await ground.busy.during({ api: server.process("api") }, async () => {
      for (const [name, measure] of Object.entries(measures)) {
        // The first one warms up and is not counted.
        await measure();
        const took: Round[] = [];
        while (took.length < rounds) took.push({ ours: await measure(), bare: null });
        measured.set(name, took);
      }
    });
    return { rounds: Object.fromEntries(measured), busy: ground.busy.shares() };
  },
};

/** The slowest of ten pages behind so many letters, to which the cursor has led. */
async function slowestDeepPage(api: Api, behind: number): Promise<number> {
  let passed = 0;
  const deep: number[] = [];
  for await (const { found, ms } of pagesOf(api, list)) {
    if (passed >= behind) deep.push(ms);
    passed += found;
    if (deep.length === pagesPerRound) break;
  }
  if (deep.length === 0) throw new Error(`the list ends after ${passed}`);
  return Math.max(...deep);
}

async function dryRun(api: Api, letters: number): Promise<number> {
  const asked = { filter: {}, dryRun: true, reason: "measured" };
  return timed(async () => {
    const { count } = await api.post<{ readonly count: number }>("/v1/replays", asked);
    if (count !== letters) throw new Error(`the dry run counts ${count} of ${letters}`);
  });
}

/** Milliseconds. */
async function timed(act: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await act();
  return performance.now() - startedMs;
}
