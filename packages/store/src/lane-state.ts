// What attempts and claims make of what a lane remembers: pure, and the same for every dialect. The decisions are core's.
import {
  afterLaneAttempts,
  laneSlotsDefault,
  nextBatchAt,
  spreadOf,
  wellLane,
  testEventType,
  type AfterAttempt,
  type EndedAttempt,
  type Instant,
  type LaneHealth,
  type LanePace,
  type Random,
} from "@ringback/core";

/** The part of a lane's row that this is about. */
export interface LaneMemory extends LanePace {
  readonly id: string;
  readonly endpointId: string | null;
  readonly closed: boolean;
  readonly headId: string | null;
  readonly servedAt: Instant | null;
}

/** How long what cannot be opened is held before it is looked at again. */
export const heldMs = 10_000;

/** The lane that an endpoint's tests go by, so that nothing it is owed holds them up. */
export function testLaneOf(endpointId: string): string {
  return `${endpointId}:test`;
}

/** True when the attempt decides the delivery: a test, or an endpoint that has been deleted. */
export function isLastAttempt(lane: { readonly closed: boolean }, eventType: string): boolean {
  return lane.closed || eventType === testEventType;
}

export interface EndedDelivery {
  readonly deliveryId: string;
  readonly ended: EndedAttempt;
  readonly next: AfterAttempt;
}

export interface LaneAfter<Lane> {
  readonly lane: Lane;
  readonly warning: { readonly percent: number; readonly failingSince: Instant } | null;
  readonly pauses: boolean;
}

/** Only an endpoint's own lane warns and is paused; a test says nothing about how its endpoint does. */
export function laneAfterAttempts<Lane extends LaneMemory>(
  lane: Lane,
  made: readonly EndedDelivery[],
  options: { readonly now: Instant; readonly random: Random },
): LaneAfter<Lane> {
  const { now, random } = options;
  const isTest = lane.endpointId !== null && lane.id !== lane.endpointId;
  if (isTest || lane.closed) return { lane, warning: null, pauses: false };
  const { health, warnPercent, pauses } = afterLaneAttempts(
    lane.health,
    made.map(({ ended }) => ended),
    { now, random, slots: lane.maxInFlight ?? laneSlotsDefault },
  );
  const notBefore = later(lane.notBefore, health?.openUntil ?? null);
  const headId = lane.ordered ? made.reduce(headAfter, lane.headId) : null;
  const failingSince = health?.failingSince ?? null;
  const isEndpoint = lane.endpointId !== null;
  const warning =
    isEndpoint && warnPercent !== null && failingSince !== null
      ? { percent: warnPercent, failingSince }
      : null;
  return { lane: { ...lane, health, notBefore, headId }, warning, pauses: isEndpoint && pauses };
}

/** The first failure of an ordered lane holds up the rest until it is over. */
function headAfter(headId: string | null, { deliveryId, next }: EndedDelivery): string | null {
  if (next.status === "pending") return next.nextTrigger === "auto" ? deliveryId : headId;
  return headId === deliveryId ? null : headId;
}

/** After a batch was claimed: when the next one may be, if the lane has a rate. */
export function laneAfterClaim<Lane extends LaneMemory>(lane: Lane, now: Instant): Lane {
  const next = nextBatchAt(lane, now);
  return next === null ? lane : { ...lane, notBefore: later(lane.notBefore, next) };
}

/** Its backlog is spread from now on, if it is one. */
export function spreadLane<Lane extends LaneMemory>(lane: Lane, overdue: number, now: Instant): Lane {
  const spread = spreadOf(overdue, now);
  return spread === null ? lane : { ...lane, health: { ...(lane.health ?? wellLane), spread } };
}

/** Without what has had its time: a hold that is over, and a backlog that has been spread. */
export function laneNow<Lane extends LaneMemory>(lane: Lane, now: Instant): Lane {
  const isHeld = lane.notBefore !== null && now < lane.notBefore;
  const current = isHeld || lane.notBefore === null ? lane : { ...lane, notBefore: null };
  const { health } = current;
  if (health === null || health.spread === null || now < health.spread.until) return current;
  return { ...current, health: withoutSpread(health), servedAt: now };
}

function withoutSpread(health: LaneHealth): LaneHealth | null {
  const rest = { ...health, spread: null };
  return JSON.stringify(rest) === JSON.stringify(wellLane) ? null : rest;
}

/** The pace to tell a lane's holder of; null when there is nothing to tell. */
export function paceToTell(lane: LanePace): LanePace | null {
  const { maxInFlight, ratePerSecond, ordered, health, notBefore } = lane;
  const isFree = maxInFlight === null && ratePerSecond === null && !ordered && health === null;
  return isFree && notBefore === null ? null : { maxInFlight, ratePerSecond, ordered, health, notBefore };
}

function later(first: Instant | null, second: Instant | null): Instant | null {
  if (first === null || second === null) return first ?? second;
  return Math.max(first, second);
}

/** True when there is nothing to save of what the lane remembers. */
export function isSameMemory(next: LaneMemory, earlier: LaneMemory): boolean {
  return (
    next.headId === earlier.headId &&
    next.notBefore === earlier.notBefore &&
    next.servedAt === earlier.servedAt &&
    JSON.stringify(next.health) === JSON.stringify(earlier.health)
  );
}
