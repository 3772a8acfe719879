// The contract of the store port: every adapter runs it, from its own test.
import { describe } from "vitest";
import { describeAdmission } from "./admission.ts";
import { describeAttempts } from "./attempts.ts";
import { describeAudit } from "./audit.ts";
import { describeEvents } from "./events.ts";
import { describeFairness } from "./fairness.ts";
import { describeIntake } from "./intake.ts";
import { describeKeys } from "./keys.ts";
import { describeLanes } from "./lanes.ts";
import { describeReads } from "./reads.ts";
import { describeRecovery } from "./recovery.ts";
import { describeRuns } from "./runs.ts";
import { describeTenants } from "./tenants.ts";
import type { OpenStore } from "./scene.ts";

export function describeStore(openStore: OpenStore): void {
  describe("the store", () => {
    describeIntake(openStore);
    describeRuns(openStore);
    describeEvents(openStore);
    describeLanes(openStore);
    describeAttempts(openStore);
    describeRecovery(openStore);
    describeReads(openStore);
    describeTenants(openStore);
    describeKeys(openStore);
    describeAudit(openStore);
    describeFairness(openStore);
    describeAdmission(openStore);
  });
}
