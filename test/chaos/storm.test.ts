import { expect, onTestFinished, test } from "vitest";
import { seeded } from "../support/seed.ts";
import { makeChaosHome } from "./chaos-home.ts";
import { startStorm } from "./storm-ground.ts";

/** KILLS=50 vitest run test/chaos/storm.test.ts for a longer one. */
const kills = Number(process.env["KILLS"] ?? 6);

test(
  `kill -9 at ${kills} random moments under load: nothing is lost, nothing is stuck, every duplicate is explained`,
  { timeout: 60_000 + kills * 10_000 },
  async () => {
    const chance = seeded("chaos/storm");
    const home = makeChaosHome();
    onTestFinished(() => home.dispose());
    let server = await home.start();
    const storm = await startStorm(home, chance);

    for (let kill = 1; kill <= kills; kill += 1) {
      await storm.moment();
      await server.kill();
      server = await home.start();
      storm.load.serverIsUp();
    }

    expect(await storm.endAndAudit(`chaos/storm: ${kills} kills`)).toEqual([]);
    expect(storm.load.accepted.length).toBeGreaterThan(kills);
  },
);
