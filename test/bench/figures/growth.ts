// (g) What a million deliveries in the tables cost: deliveries per second beside 1,000,000 of them against beside 1,000, and how
// long a page of dead letters takes then.
import type { Figure } from "../figure.ts";
import { both } from "../line.ts";
import { slowestPage } from "../load/pages.ts";
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
    while (page.length < rounds) {
      page.push({ ours: await slowestPage(large.server.api, "/v1/dead-letters", pagesPerRound), bare: null });
    }
    return { rounds: { loss, page }, busy: ground.busy.shares() };
  },
};
