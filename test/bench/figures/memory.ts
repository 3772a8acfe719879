// (h) Memory of the dispatcher's process while 100,000 deliveries are due in 400 lanes, whose receivers take two seconds to answer.
import type { Figure } from "../figure.ts";
import { both } from "../line.ts";
import type { Usage } from "../children/in-child.ts";
import { oweDeliveries } from "./owing.ts";

const sizes = {
  full: { endpoints: 400, perEndpoint: 250, watchMs: 15_000 },
  quick: { endpoints: 50, perEndpoint: 40, watchMs: 2_000 },
};
const answerMs = 2_000;
const lookEveryMs = 250;
const megabyte = 1_000_000;

export const memory: Figure = {
  letter: "h",
  lines: {
    resident: {
      name: "resident with 100,000 due, at most",
      against: null,
      unit: "MB",
      judging: "value",
      aim: both({ below: 250 }),
    },
    heap: {
      name: "of it JavaScript's heap, at most",
      against: null,
      unit: "MB",
      judging: "value",
      aim: both(null),
    },
  },
  async measure(ground) {
    const { endpoints, perEndpoint, watchMs } = sizes[ground.size];
    const receiver = await ground.startChild("receiver.ts");
    const house = await ground.openHouse();
    await oweDeliveries(house, { receiver, endpoints, perEndpoint, past: 0, arePaused: false });
    await receiver.ask("delay", answerMs);
    await receiver.ask("expect", endpoints * perEndpoint);
    const server = await house.start({ roles: ["dispatcher"] });
    const dispatcher = server.process("dispatcher");
    const seen = await ground.busy.during({ dispatcher, receiver }, async () => {
      const usages: Usage[] = [];
      const endsMs = performance.now() + watchMs;
      while (performance.now() < endsMs) {
        await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
        usages.push(await dispatcher.usage());
      }
      return usages;
    });
    if ((await receiver.ask<number>("arrived")) < endpoints) throw new Error("hardly anything was sent");
    const most = (of: (usage: Usage) => number): number => Math.max(...seen.map(of)) / megabyte;
    return {
      rounds: {
        resident: [{ ours: most((usage) => usage.residentBytesMax), bare: null }],
        heap: [{ ours: most((usage) => usage.heapBytes), bare: null }],
      },
      busy: ground.busy.shares(),
    };
  },
};
