// The contract of the store port: every adapter runs it, from its own test.
import { describe } from "vitest";
import { describeAttempts } from "./attempts.ts";
import { describeEvents } from "./events.ts";
import { describeIntake } from "./intake.ts";
import { describeLanes } from "./lanes.ts";
import { describeOutsideRuns } from "./outside-runs.ts";
import { describeReads } from "./reads.ts";
import { describeRecovery } from "./recovery.ts";
import { describeRuns } from "./runs.ts";
import { describeTenants } from "./tenants.ts";
import type { OpenStore } from "./scene.ts";

export function describeStore(openStore: OpenStore): void {
  describe("the store", () => {
    describeIntake(openStore);
    describeRuns(openStore);
    describeOutsideRuns(openStore);
    describeEvents(openStore);
    describeLanes(openStore);
    describeAttempts(openStore);
    describeRecovery(openStore);
    describeReads(openStore);
    describeTenants(openStore);
  });
}
