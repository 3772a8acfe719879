// The contract of the store port: every adapter runs it, from its own test.
import { describe } from "vitest";
import { describeAdmission } from "./admission.ts";
import { describeAttempts } from "./attempts.ts";
import { describeAudit } from "./audit.ts";
import { describeDeadLetters } from "./dead-letters.ts";
import { describeEndpoints } from "./endpoints.ts";
import { describeEtiquette } from "./etiquette.ts";
import { describeEvents } from "./events.ts";
import { describeFairness } from "./fairness.ts";
import { describeIntake } from "./intake.ts";
import { describeJobLife } from "./job-life.ts";
import { describeLaneBatches } from "./lane-batches.ts";
import { describeKeys } from "./keys.ts";
import { describeLanes } from "./lanes.ts";
import { describeOutsideRuns } from "./outside-runs.ts";
import { describeLooks } from "./looks.ts";
import { describeOwnEvents } from "./own-events.ts";
import { describeOwnIds } from "./own-ids.ts";
import { describeReads } from "./reads.ts";
import { describeRecovery } from "./recovery.ts";
import { describeReplays } from "./replays.ts";
import { describeRetention } from "./retention.ts";
import { describeRuns } from "./runs.ts";
import { describeTenants } from "./tenants.ts";
import { describeUnclaimed } from "./unclaimed.ts";
import type { OpenStore } from "./scene.ts";

export function describeStore(openStore: OpenStore): void {
  describe("the store", () => {
    describeIntake(openStore);
    describeOwnIds(openStore);
    describeRuns(openStore);
    describeOutsideRuns(openStore);
    describeJobLife(openStore);
    describeEvents(openStore);
    describeOwnEvents(openStore);
    describeLanes(openStore);
    describeAttempts(openStore);
    describeEndpoints(openStore);
    describeEtiquette(openStore);
    describeLaneBatches(openStore);
    describeUnclaimed(openStore);
    describeRecovery(openStore);
    describeReads(openStore);
    describeLooks(openStore);
    describeTenants(openStore);
    describeKeys(openStore);
    describeAudit(openStore);
    describeFairness(openStore);
    describeAdmission(openStore);
    describeDeadLetters(openStore);
    describeReplays(openStore);
    describeRetention(openStore);
  });
}
