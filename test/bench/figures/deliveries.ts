// (c) Deliveries per second of one dispatcher to one receiver, every attempt recorded, against a bare undici loop that posts the
// same signed bytes with the same concurrency to the same receiver.
import type { Posting } from "../children/bare-sender.ts";
import type { Counted } from "../children/receiver.ts";
import type { Figure } from "../figure.ts";
import { inTurn } from "../numbers/rounds.ts";
import { deliverAll, oweDeliveries } from "./owing.ts";

const sizes = { full: { rounds: 5, perRound: 4_000 }, quick: { rounds: 1, perRound: 1_000 } };

/** Attempts in flight, ours and the bare loop's. */
export const concurrency = 32;
export const dispatching = {
  roles: ["api", "dispatcher"],
  settings: { RINGBACK_LANE_CONCURRENCY: String(concurrency) },
} as const;

export const deliveries: Figure = {
  letter: "c",
  lines: {
    deliveries: {
      name: "deliveries, recorded",
      against: "a bare undici loop",
      unit: "/s",
      judging: "ratio",
      aim: { embedded: { atLeast: 0.6 }, "scale-out": { atLeast: 0.5 } },
    },
  },
  async measure(ground) {
    const { rounds, perRound } = sizes[ground.size];
    const receiver = await ground.startChild("receiver.ts");
    const sender = await ground.startChild("bare-sender.ts");
    const house = await ground.openHouse();
    const owing = { receiver, endpoints: rounds + 1, perEndpoint: perRound, past: 0, arePaused: true };
    const { endpointIds, sample } = await oweDeliveries(house, owing);
    const server = await house.start(dispatching);
    const url = `${String(receiver.told)}/callback`;

    const ours = (round: number): Promise<number> => {
      const endpointId = endpointIds[round] ?? "";
      const processes = { dispatcher: server.process("dispatcher"), receiver };
      return ground.busy.during(processes, () =>
        deliverAll(server, receiver, { endpointId, count: perRound }),
      );
    };
    const bare = async (): Promise<number> => {
      const posting: Posting = { url, sample, count: perRound, concurrency };
      await receiver.ask("expect", perRound);
      await sender.ask("post", posting);
      const { ms } = await receiver.ask<Counted>("counted");
      return (perRound - 1) / (ms / 1_000);
    };
    const measured = await inTurn(rounds, ours, bare);
    return { rounds: { deliveries: measured }, busy: ground.busy.shares() };
  },
};
