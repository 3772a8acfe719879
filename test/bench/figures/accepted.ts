// (a) Accepted jobs per second, each of them on disk, against the same route of the same server with a store that keeps nothing.
import type { Figure } from "../figure.ts";
import { both } from "../line.ts";
import type { Ground } from "../ground.ts";
import { closedLoop } from "../load/closed-loop.ts";
import { requestBytes } from "../load/request-bytes.ts";
import { inTurn } from "../numbers/rounds.ts";

const sizes = { full: { rounds: 5, roundMs: 2_000 }, quick: { rounds: 1, roundMs: 700 } };
/** So many that commits shared among them set no bound: with 64 clients most wait for the one that is under way. */
const connections = 256;

const body = JSON.stringify({
  kind: "bench.noop",
  input: { text: "x".repeat(400) },
  metadata: { order: "A-1" },
  callback: { url: "http://127.0.0.1:9/callback" },
});

export const accepted: Figure = {
  letter: "a",
  lines: {
    accepted: {
      name: "accepted jobs",
      against: "the same route without a store",
      unit: "/s",
      judging: "ratio",
      aim: both({ atLeast: 0.85 }),
    },
  },
  async measure(ground) {
    const { rounds, roundMs } = sizes[ground.size];
    const [kept, forgotten] = [await startIntake(ground, "idle"), await startIntake(ground, "forgetful")];
    const load = { connections, forMs: roundMs, status: 202 };
    const measured = await inTurn(
      rounds,
      () =>
        ground.busy.during({ server: kept.process }, () =>
          closedLoop({ ...load, url: kept.url, request: () => kept.request }),
        ),
      () => closedLoop({ ...load, url: forgotten.url, request: () => forgotten.request }),
    );
    return { rounds: { accepted: measured }, busy: ground.busy.shares() };
  },
};

async function startIntake(ground: Ground, kind: "idle" | "forgetful") {
  const house = await ground.openHouse();
  const instead = { program: "intake-server.ts", args: [kind] };
  const server = await house.start({ roles: ["api"], instead });
  const request = requestBytes({ method: "POST", path: "/v1/jobs", apiKey: house.apiKey, body });
  return { url: server.url, process: server.process("api"), request };
}
