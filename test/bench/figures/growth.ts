// (g) What a million deliveries in the tables cost: deliveries per second beside 1,000,000 of them against beside 1,000, and how
// long a page of dead letters takes then.
import type { Figure } from "../figure.ts";
import { both } from "../line.ts";
import type { Api } from "../load/api.ts";
import { inTurn, type Round } from "../numbers/rounds.ts";
import { dispatching } from "./deliveries.ts";
import { deliverAll, oweDeliveries } from "./owing.ts";

const sizes = {
  full: { rounds: 5, perRound: 4_000, few: 1_000, many: 1_000_000 },
  quick: { rounds: 1, perRound: 1_000, few: 1_000, many: 50_000 },
};
const pagesPerRound = 10;

export const growth: Figure = {
  letter: "g",
  lines: {
    loss: {
      name: "deliveries, 1,000,000 in the tables",
      against: "1,000 in the tables",
      unit: "/s",
      judging: "less",
      aim: both({ below: 10 }),
    },
    page: {
      name: "dead-letter page, slowest of ten",
      against: null,
      unit: "ms",
      judging: "value",
      aim: both({ below: 100 }),
    },
  },
  async measure(ground) {
    const { rounds, perRound, few, many } = sizes[ground.size];
    const receiver = await ground.startChild("receiver.ts");
    const grown = async (past: number) => {
      const house = await ground.openHouse();
      const owing = { receiver, endpoints: rounds + 1, perEndpoint: perRound, past, arePaused: true };
      const { endpointIds } = await oweDeliveries(house, owing);
      const server = await house.start(dispatching);
      const deliver = (round: number): Promise<number> =>
        deliverAll(server, receiver, { endpointId: endpointIds[round] ?? "", count: perRound });
      return { server, deliver };
    };
    const [small, large] = [await grown(few), await grown(many)];
    const processes = { dispatcher: large.server.process("dispatcher"), receiver };
    const loss = await inTurn(
      rounds,
      (round) => ground.busy.during(processes, () => large.deliver(round)),
      small.deliver,
    );
    const page: Round[] = [];
    while (page.length < rounds) page.push({ ours: await slowestPage(large.server.api), bare: null });
    return { rounds: { loss, page }, busy: ground.busy.shares() };
  },
};

/** The first ten pages, one after the other; milliseconds of the slowest. */
async function slowestPage(api: Api): Promise<number> {
  let slowestMs = 0;
  let cursor: string | null = null;
  for (let page = 0; page < pagesPerRound; page += 1) {
    const startedMs = performance.now();
    const path: string = `/v1/dead-letters${cursor === null ? "" : `?cursor=${encodeURIComponent(cursor)}`}`;
    const { data, nextCursor } = await api.get<{
      readonly data: readonly unknown[];
      readonly nextCursor: string | null;
    }>(path);
    slowestMs = Math.max(slowestMs, performance.now() - startedMs);
    if (data.length === 0) throw new Error("there are no dead letters");
    cursor = nextCursor;
  }
  return slowestMs;
}
