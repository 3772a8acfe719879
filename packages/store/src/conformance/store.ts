// The contract of the store port: every adapter runs it, from its own test.
import { describe } from "vitest";
import { describeAttempts } from "./attempts.ts";
import { describeEvents } from "./events.ts";
import { describeIntake } from "./intake.ts";
import { describeJobLife } from "./job-life.ts";
import { describeLanes } from "./lanes.ts";
import { describeLooks } from "./looks.ts";
import { describeOwnIds } from "./own-ids.ts";
import { describeReads } from "./reads.ts";
import { describeRecovery } from "./recovery.ts";
import { describeRetention } from "./retention.ts";
import { describeRuns } from "./runs.ts";
import { describeTenants } from "./tenants.ts";
import type { OpenStore } from "./scene.ts";

export function describeStore(openStore: OpenStore): void {
  describe("the store", () => {
    describeIntake(openStore);
    describeOwnIds(openStore);
    describeRuns(openStore);
    describeJobLife(openStore);
    describeEvents(openStore);
    describeLanes(openStore);
    describeAttempts(openStore);
    describeRecovery(openStore);
    describeReads(openStore);
    describeLooks(openStore);
    describeTenants(openStore);
    describeRetention(openStore);
  });
}
