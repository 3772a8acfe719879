// An entry that assembles the real server around a store that kills the process at a named point (CHAOS_FAULT).
import type { AttemptRecord, Store } from "@ringback/core";
import { quickenImports } from "@ringback/store/quick-imports";
import { insteadOf } from "../support/instead-of.ts";
import { killNow } from "./kill-now.ts";
import { killSoon } from "./kill-soon.ts";
import type { FaultName } from "./named-fault.ts";

const fault = process.env["CHAOS_FAULT"] as FaultName | undefined;
/** Only an attempt with this number sets the fault off; any, when unset. */
const onlyAttempt = Number(process.env["CHAOS_ATTEMPT"] ?? 0);
/** For faults inside a transaction: microseconds from its call to the kill. */
const afterMicroseconds = Number(process.env["CHAOS_AFTER_US"] ?? 0);

quickenImports();
const { startServer } = await import("@ringback/server");
const server = await startServer({ env: process.env, decorateStore: withFault });
process.stdout.write(`Ringback listens on ${server.url}\n`);

function withFault(store: Store): Store {
  return insteadOf(store, {
    intake: insteadOf(store.intake, { acceptJobs: faultyAcceptJobs(store) }),
    lanes: insteadOf(store.lanes, {
      claimDeliveries: faultyClaimDeliveries(store),
      recordAttempts: faultyRecordAttempts(store),
    }),
    replays: insteadOf(store.replays, { step: faultyStep(store) }),
  });
}

function faultyAcceptJobs(store: Store): Store["intake"]["acceptJobs"] {
  return async (items, now) => {
    if (fault === "before-commit") killNow();
    if (fault === "in-commit") killSoon(afterMicroseconds);
    const accepted = await store.intake.acceptJobs(items, now);
    if (fault === "after-commit") killNow();
    return accepted;
  };
}

function faultyClaimDeliveries(store: Store): Store["lanes"]["claimDeliveries"] {
  return async (lane, options) => {
    const claimed = await store.lanes.claimDeliveries(lane, options);
    const isDue = claimed.kind === "claimed" && claimed.deliveries.length > 0;
    if (fault === "before-send" && isDue) killNow();
    return claimed;
  };
}

function faultyRecordAttempts(store: Store): Store["lanes"]["recordAttempts"] {
  return async (items, now) => {
    const isMeant = items.some((item) => isMeantAttempt(item));
    if (fault === "before-record" && isMeant) killNow();
    if (fault === "in-record" && isMeant) killSoon(afterMicroseconds);
    const recorded = await store.lanes.recordAttempts(items, now);
    if (fault === "after-record" && isMeant) killNow();
    return recorded;
  };
}

function faultyStep(store: Store): Store["replays"]["step"] {
  let steps = 0;
  return (held, options) => {
    steps += 1;
    if (fault === "in-replay-step" && (onlyAttempt === 0 || steps === onlyAttempt))
      killSoon(afterMicroseconds);
    return store.replays.step(held, options);
  };
}

function isMeantAttempt(item: AttemptRecord): boolean {
  return onlyAttempt === 0 || item.n === onlyAttempt;
}
