import { expect, onTestFinished, test } from "vitest";
import { seeded } from "../../support/seed.ts";
import { makeChaosHome } from "../chaos-home.ts";
import { startStorm } from "../storm-ground.ts";
import { startFleet, type FleetRole } from "./fleet.ts";

/** KILLS=30 vitest run test/chaos/scale-out/fleet-storm.test.ts for a longer one. */
const kills = Number(process.env["KILLS"] ?? 6);
/** Every role is killed, in turn, and which of its processes by chance. */
const turns: readonly FleetRole[] = ["dispatcher", "runner", "api"];

test(
  `kill -9 of each role at ${kills} random moments under load: nothing is lost, nothing is stuck, every duplicate is explained`,
  { timeout: 90_000 + kills * 15_000 },
  async () => {
    const chance = seeded("chaos/fleet-storm");
    const home = makeChaosHome();
    onTestFinished(() => home.dispose());
    const fleet = await startFleet(home, ["api", "runner", "runner", "dispatcher", "dispatcher"]);
    const storm = await startStorm(home, chance);

    for (let kill = 0; kill < kills; kill += 1) {
      await storm.moment();
      await fleet.replace(chance, turns[kill % turns.length]);
      storm.load.serverIsUp();
    }

    expect(await storm.endAndAudit(`chaos/fleet-storm: ${kills} kills`)).toEqual([]);
    expect(storm.load.accepted.length).toBeGreaterThan(kills);
  },
);
