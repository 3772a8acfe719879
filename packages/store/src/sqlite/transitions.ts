// Every transition of the store by its name, so that the thread that asks for one need not be the one that makes it.
import type { Instant, Recovered } from "@ringback/core";
import type { Ground } from "./ground.ts";
import { createEventIntake, type EventIntakeTransitions } from "./transitions/accept-events.ts";
import { createDeadLetterTransitions, type DeadLetterTransitions } from "./transitions/dead-letters.ts";
import { createIntakeTransitions, type IntakeTransitions } from "./transitions/intake.ts";
import { createKindTransitions, type KindTransitions } from "./transitions/kinds.ts";
import { createKeyTransitions, type KeyTransitions } from "./transitions/keys.ts";
import { createEndpointTransitions, type EndpointTransitions } from "./transitions/endpoints.ts";
import { createLaneTransitions, type LaneTransitions } from "./transitions/lanes.ts";
import { createReplayTransitions, type ReplayTransitions } from "./transitions/replays.ts";
import { createRunTransitions, type RunTransitions } from "./transitions/runs.ts";
import { createSealTransitions, type SealTransitions } from "./transitions/seals.ts";
import { createSupportTransitions, type SupportTransitions } from "./transitions/support.ts";
import { createTenantTransitions, type TenantTransitions } from "./transitions/tenants.ts";
import { createUpkeep, type Upkeep } from "./transitions/upkeep.ts";

/** Each is made within a transaction; what it takes and returns is plain data. */
export interface Transitions {
  readonly acceptJobs: IntakeTransitions["acceptJobs"];
  readonly acceptTogether: IntakeTransitions["acceptTogether"];
  readonly acceptEvents: EventIntakeTransitions["acceptEvents"];
  readonly cancelJobs: IntakeTransitions["cancelJobs"];
  readonly eraseResults: IntakeTransitions["eraseResults"];
  readonly claimRuns: RunTransitions["claim"];
  readonly claimRunsFor: RunTransitions["claimFor"];
  readonly handOverRuns: RunTransitions["handOver"];
  readonly extendRuns: RunTransitions["extend"];
  readonly reportProgress: RunTransitions["reportProgress"];
  readonly endRuns: RunTransitions["end"];
  readonly failUnstarted: RunTransitions["failUnstarted"];
  readonly failUnknownKinds: RunTransitions["failUnknownKinds"];
  readonly claimLanes: LaneTransitions["claim"];
  readonly extendLanes: LaneTransitions["extend"];
  readonly releaseLanes: LaneTransitions["release"];
  readonly claimDeliveries: LaneTransitions["claimDeliveries"];
  readonly unclaimDeliveries: LaneTransitions["unclaimDeliveries"];
  readonly recordAttempts: LaneTransitions["recordAttempts"];
  readonly createEndpoints: EndpointTransitions["createEndpoints"];
  readonly changeEndpoint: EndpointTransitions["changeEndpoint"];
  readonly setEndpointStatus: EndpointTransitions["setEndpointStatus"];
  readonly rotateEndpointSecret: EndpointTransitions["rotateEndpointSecret"];
  readonly testEndpoint: EndpointTransitions["testEndpoint"];
  readonly closeEndpoint: EndpointTransitions["closeEndpoint"];
  readonly cancelOwed: EndpointTransitions["cancelOwed"];
  readonly redeliver: SupportTransitions["redeliver"];
  readonly discard: DeadLetterTransitions["discard"];
  readonly noteDeadLetter: DeadLetterTransitions["note"];
  readonly createReplay: ReplayTransitions["create"];
  readonly changeReplay: ReplayTransitions["change"];
  readonly claimReplays: ReplayTransitions["claim"];
  readonly stepReplay: ReplayTransitions["step"];
  readonly releaseReplay: ReplayTransitions["release"];
  readonly ensureTenant: TenantTransitions["ensureTenant"];
  readonly createTenant: TenantTransitions["createTenant"];
  readonly changeTenant: TenantTransitions["changeTenant"];
  readonly rotateCallbackSecret: TenantTransitions["rotateCallbackSecret"];
  readonly putKeys: KeyTransitions["putKeys"];
  readonly putFirstKey: KeyTransitions["putFirstKey"];
  readonly createKey: KeyTransitions["createKey"];
  readonly revokeKey: KeyTransitions["revokeKey"];
  readonly noteKeyUse: KeyTransitions["noteKeyUse"];
  readonly announceKinds: KindTransitions["announce"];
  readonly announcedKinds: KindTransitions["announced"];
  readonly takeOverSeals: SealTransitions["takeOver"];
  readonly reseal: SealTransitions["reseal"];
  /** Recovers at most `limit` runs and as many lanes. */
  readonly recoverSome: (whose: {
    readonly now: Instant;
    readonly soleHolder?: string;
    readonly limit: number;
  }) => Recovered;
  readonly due: Upkeep["due"];
  readonly expire: Upkeep["expire"];
}

export type TransitionName = keyof Transitions;

/** Makes a transition and resolves once it is on disk. */
export type CallTransition = <Name extends TransitionName>(
  name: Name,
  ...args: Parameters<Transitions[Name]>
) => Promise<ReturnType<Transitions[Name]>>;

export function createTransitions(ground: Ground): Transitions {
  const intake = createIntakeTransitions(ground);
  const eventIntake = createEventIntake(ground);
  const runs = createRunTransitions(ground);
  const lanes = createLaneTransitions(ground);
  const support = createSupportTransitions(ground);
  const endpoints = createEndpointTransitions(ground);
  const letters = createDeadLetterTransitions(ground);
  const replays = createReplayTransitions(ground);
  const tenants = createTenantTransitions(ground);
  const keys = createKeyTransitions(ground);
  const kinds = createKindTransitions(ground);
  const seals = createSealTransitions(ground);
  const upkeep = createUpkeep(ground);
  return {
    acceptJobs: (items, now) => intake.acceptJobs(items, now),
    acceptTogether: (items, now) => intake.acceptTogether(items, now),
    acceptEvents: (items, now) => eventIntake.acceptEvents(items, now),
    cancelJobs: (items, now) => intake.cancelJobs(items, now),
    eraseResults: (items, now) => intake.eraseResults(items, now),
    claimRuns: (claim) => runs.claim(claim),
    claimRunsFor: (claim) => runs.claimFor(claim),
    handOverRuns: (items, now) => runs.handOver(items, now),
    extendRuns: (keys, lease) => runs.extend(keys, lease),
    reportProgress: (items, now) => runs.reportProgress(items, now),
    endRuns: (items, now) => runs.end(items, now),
    failUnstarted: (limited) => runs.failUnstarted(limited),
    failUnknownKinds: (unknown) => runs.failUnknownKinds(unknown),
    claimLanes: (claim) => lanes.claim(claim),
    extendLanes: (held, lease) => lanes.extend(held, lease),
    releaseLanes: (held, now) => lanes.release(held, now),
    claimDeliveries: (lane, claim) => lanes.claimDeliveries(lane, claim),
    unclaimDeliveries: (lane, items, now) => lanes.unclaimDeliveries(lane, items, now),
    recordAttempts: (items, now) => lanes.recordAttempts(items, now),
    createEndpoints: (items, now, act) => endpoints.createEndpoints(items, now, act),
    changeEndpoint: (key, asked, act) => endpoints.changeEndpoint(key, asked, act),
    setEndpointStatus: (key, status, now, act) => endpoints.setEndpointStatus(key, status, now, act),
    rotateEndpointSecret: (key, rotation, act) => endpoints.rotateEndpointSecret(key, rotation, act),
    testEndpoint: (key, now, act) => endpoints.testEndpoint(key, now, act),
    closeEndpoint: (key, now, act) => endpoints.closeEndpoint(key, now, act),
    cancelOwed: (asked) => endpoints.cancelOwed(asked),
    redeliver: (items, now, act) => support.redeliver(items, now, act),
    discard: (key, reason, now, act) => letters.discard(key, reason, now, act),
    noteDeadLetter: (key, note, now, act) => letters.note(key, note, now, act),
    createReplay: (asked, now, act) => replays.create(asked, now, act),
    changeReplay: (key, verb, now, act) => replays.change(key, verb, now, act),
    claimReplays: (claim) => replays.claim(claim),
    stepReplay: (held, step) => replays.step(held, step),
    releaseReplay: (held) => replays.release(held),
    ensureTenant: (tenant, now) => tenants.ensureTenant(tenant, now),
    createTenant: (tenant, now, act) => tenants.createTenant(tenant, now, act),
    changeTenant: (tenantId, change, now, act) => tenants.changeTenant(tenantId, change, now, act),
    rotateCallbackSecret: (tenantId, rotation) => tenants.rotateCallbackSecret(tenantId, rotation),
    putKeys: (items, now) => keys.putKeys(items, now),
    putFirstKey: (item, now) => keys.putFirstKey(item, now),
    createKey: (key, now, act) => keys.createKey(key, now, act),
    revokeKey: (key, now, act) => keys.revokeKey(key, now, act),
    noteKeyUse: (key, at) => keys.noteKeyUse(key, at),
    announceKinds: (announcement) => kinds.announce(announcement),
    announcedKinds: (since) => kinds.announced(since),
    takeOverSeals: (now) => seals.takeOver(now),
    reseal: (asked) => seals.reseal(asked),
    recoverSome: (whose) => ({ runs: runs.recover(whose), ...lanes.recover(whose) }),
    due: (now, limit) => upkeep.due(now, limit),
    expire: (asked) => upkeep.expire(asked),
  };
}
