import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startReceiver } from "../../support/receiver.ts";
import { whsec } from "../../support/whsec.ts";
import { makeChaosHome } from "../chaos-home.ts";
import { startFleet } from "./fleet.ts";

const killed = { code: null, signal: "SIGKILL" };
/** The default lease and one sweep, and what the work itself takes (G6). */
const withinMs = 45_000;

test(
  "F69 F79 with the lease of every day: what a killed runner and a killed dispatcher were doing goes on within 45 s",
  { timeout: 120_000 },
  async () => {
    const home = makeChaosHome({ settings: { RINGBACK_LEASE_MS: "30000" } });
    onTestFinished(() => home.dispose());
    const receiver = await startReceiver(({ path, occurrence }) =>
      path === "/hangs" && occurrence === 1 ? "silence" : 204,
    );
    onTestFinished(() => receiver.close());
    const fleet = await startFleet(home, ["api", "runner", "dispatcher"]);
    const [runner] = fleet.of("runner");
    const [dispatcher] = fleet.of("dispatcher");
    const secret = whsec("within-45-s");
    const delivered = await home.client.submit({
      kind: "chaos.echo",
      input: 1,
      callback: { url: `${receiver.origin}/hangs`, secret },
    });
    await receiver.waitFor(({ path }) => path === "/hangs");
    await dispatcher?.kill();
    const run = await home.client.submit({
      kind: "chaos.kills-once",
      input: { file: join(home.folder, "ran") },
      callback: { url: `${receiver.origin}/ended`, secret },
    });
    expect(await runner?.exited).toEqual(killed);
    const killedAt = Date.now();
    await startFleet(home, ["runner", "dispatcher"]);

    const done = await home.client.waitForDone(run.id, withinMs);
    const again = await receiver.waitForCount(2, ({ path }) => path === "/hangs", withinMs);

    expect(Date.now() - killedAt).toBeLessThan(withinMs);
    expect(done).toMatchObject({ status: "succeeded", runs: 2 });
    expect(new Set(again.map(({ webhookId }) => webhookId)).size).toBe(1);
    await home.client.waitForJob(
      delivered.id,
      ({ callback }) => callback?.deliveries.delivered === 1,
      withinMs,
    );
    const [delivery] = await home.client.deliveriesOf(delivered.id);
    const { attempts } = await home.client.delivery(delivery?.id ?? "");
    expect(attempts.map(({ outcome }) => outcome)).toEqual(["outcome_unknown", "delivered"]);
  },
);
