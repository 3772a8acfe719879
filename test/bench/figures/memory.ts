// (h) Memory of the dispatcher's process while 100,000 deliveries are due and their receivers take two seconds to answer: in 40
// lanes, where it is the backlog that weighs, and in 400, where it is 4,000 attempts in flight, each with a connection.
import type { Figure, Measured } from "../figure.ts";
import type { Ground } from "../ground.ts";
import { both } from "../line.ts";
import type { Usage } from "../children/in-child.ts";
import { oweDeliveries } from "./owing.ts";

const sizes = {
  full: { due: 100_000, endpoints: { few: 40, many: 400 }, watchMs: 12_000 },
  quick: { due: 2_000, endpoints: { few: 10, many: 50 }, watchMs: 2_000 },
};
const answerMs = 2_000;
const lookEveryMs = 250;
const megabyte = 1_000_000;

export const memory: Figure = {
  letter: "h",
  lines: {
    few: {
      name: "resident, 100,000 due in 40 lanes, at most",
      against: null,
      unit: "MB",
      judging: "value",
      aim: both({ below: 250 }),
    },
    fewHeap: {
      name: "of it JavaScript's heap, at most",
      against: null,
      unit: "MB",
      judging: "value",
      aim: both(null),
    },
    many: {
      name: "resident, 100,000 due in 400 lanes, at most",
      against: null,
      unit: "MB",
      judging: "value",
      aim: both({ below: 250 }),
    },
    manyHeap: {
      name: "of it JavaScript's heap, at most",
      against: null,
      unit: "MB",
      judging: "value",
      aim: both(null),
    },
  },
  async measure(ground) {
    const { few, many } = sizes[ground.size].endpoints;
    const [withFew, withMany] = [await mostUsed(ground, few), await mostUsed(ground, many)];
    return {
      rounds: {
        few: inMegabytes(withFew, (usage) => usage.residentBytesMax),
        fewHeap: inMegabytes(withFew, (usage) => usage.heapBytes),
        many: inMegabytes(withMany, (usage) => usage.residentBytesMax),
        manyHeap: inMegabytes(withMany, (usage) => usage.heapBytes),
      },
      busy: ground.busy.shares(),
    };
  },
};

async function mostUsed(ground: Ground, endpoints: number): Promise<readonly Usage[]> {
  const { due, watchMs } = sizes[ground.size];
  const receiver = await ground.startChild("receiver.ts");
  const house = await ground.openHouse();
  await oweDeliveries(house, {
    receiver,
    endpoints,
    perEndpoint: due / endpoints,
    past: 0,
    arePaused: false,
  });
  await receiver.ask("delay", answerMs);
  await receiver.ask("expect", due);
  const server = await house.start({ roles: ["dispatcher"] });
  const dispatcher = server.process("dispatcher");
  const usages = await ground.busy.during({ dispatcher, receiver }, async () => {
    const seen: Usage[] = [];
    const endsMs = performance.now() + watchMs;
    while (performance.now() < endsMs) {
      await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
      seen.push(await dispatcher.usage());
    }
    return seen;
  });
  if ((await receiver.ask<number>("arrived")) < endpoints) throw new Error("hardly anything was sent");
  await server.stop();
  return usages;
}

function inMegabytes(usages: readonly Usage[], of: (usage: Usage) => number): Measured["rounds"][string] {
  return [{ ours: Math.max(...usages.map(of)) / megabyte, bare: null }];
}
