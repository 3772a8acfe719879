import { describe, expect, onTestFinished, test } from "vitest";
import { beginReplay, endpointThatGivesUp, manyDeadLetters, replayThat } from "../support/dead-letters.ts";
import { startReceiver, type Receiver } from "../support/receiver.ts";
import { seeded } from "../support/seed.ts";
import type { ServerProcess } from "../support/server-process.ts";
import { makeChaosHome, type ChaosHome } from "./chaos-home.ts";

const chance = seeded("chaos/replay-points");
const killed = { code: null, signal: "SIGKILL" };
const count = 6;

interface Interruption {
  readonly start: (home: ChaosHome) => Promise<ServerProcess>;
  /** Resolves when the server that works the replay is gone. */
  readonly kill: (server: ServerProcess, receiver: Receiver) => Promise<unknown>;
}

/** Interrupts a replay of everything that has died; how often each delivery was replayed when it is over. */
async function replayedThough({ start, kill }: Interruption): Promise<readonly number[]> {
  const home = makeChaosHome();
  const receiver = await startReceiver(() => 400);
  onTestFinished(() => home.dispose());
  onTestFinished(() => receiver.close());
  const server = await start(home);
  const endpointId = await endpointThatGivesUp(home.client, `${receiver.origin}/in`);
  const letters = await manyDeadLetters(home.client, { count, endpointId, kind: "chaos.echo" });
  receiver.answerWith(() => 204);
  const { id } = await beginReplay(home.client, { filter: { endpointId }, ratePerSecond: 6 });
  expect(await kill(server, receiver)).toEqual(killed);
  await home.start();

  const { status, counts } = await replayThat(home.client, id, {
    holds: ({ done }) => done,
    what: "is over",
    timeoutMs: 15_000,
  });

  expect(status).toBe("completed");
  const none = { waiting: 0, underWay: 0, failed: 0, skipped: 0 };
  expect(counts).toEqual({ total: count, delivered: count, ...none });
  const deliveries = await Promise.all(letters.map((letter) => home.client.delivery(letter.id)));
  for (const { attempts } of deliveries) {
    // Sent again is only what the kill has left unknown.
    for (const { outcome } of attempts.slice(1, -1)) expect(outcome).toBe("outcome_unknown");
    expect(attempts.at(-1)?.outcome).toBe("delivered");
  }
  return deliveries.map(({ attempts }) => attempts.filter(({ trigger }) => trigger === "replay").length);
}

const once = Array.from({ length: count }, () => 1);

describe("F117 a server killed while it works a replay: the next one goes on, and makes no item twice", () => {
  test("killed inside the transaction of a step", async () => {
    const replayed = await replayedThough({
      start: (home) =>
        home.startWithFault({
          at: "in-replay-step",
          // There are three at least: one fixes the items, one makes some, one sees what became of them.
          attempt: chance.whole(2, 3),
          afterMicroseconds: chance.whole(0, 1_500),
        }),
      kill: (server) => server.exited,
    });
    expect(replayed).toEqual(once);
  });

  test("killed between two steps, with attempts in flight", async () => {
    const replayed = await replayedThough({
      start: (home) => home.start(),
      async kill(server, receiver) {
        await receiver.waitForCount(count + chance.whole(2, 4));
        return server.kill();
      },
    });
    expect(replayed).toEqual(once);
  });
});
