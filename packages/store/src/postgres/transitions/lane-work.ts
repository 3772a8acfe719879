// What lanes' holders bring at the same moment, in one transaction: attempts that have ended, and claims of what is due.
//
// A dispatcher does both in one turn of the event loop, for the same lane. Apart, the claim would wait for the lane until the
// records are on disk, and cost a second commit.
import type { AttemptRecord, ClaimedDeliveries } from "@ringback/core";
import { keyOf } from "../draft.ts";
import type { Ground } from "../ground.ts";
import { lockDeliveriesOf, recordAttempts, sendJobLocks } from "./attempts.ts";
import type { AtTime } from "../at-time.ts";
import { lockLanesOf, type LockedLanes } from "./lane-locks.ts";
import { claimDeliveries, findDue, type ClaimCall } from "./lanes.ts";

export type LaneCall =
  | { readonly kind: "record"; readonly records: readonly AtTime<AttemptRecord>[] }
  | { readonly kind: "claim"; readonly claim: ClaimCall };

export type LaneAnswer =
  | { readonly kind: "recorded"; readonly answers: readonly ("recorded" | "lost")[] }
  | { readonly kind: "claimed"; readonly claimed: ClaimedDeliveries };

export async function workLanes(ground: Ground, calls: readonly LaneCall[]): Promise<LaneAnswer[]> {
  const records = calls.flatMap((call) => (call.kind === "record" ? call.records : []));
  const claims = calls.flatMap((call) => (call.kind === "claim" ? [call.claim] : []));
  const keys = records.map(deliveryOf);
  if (records.length > 0) sendJobLocks(ground, keys);
  // A claim leaves no witness; its id is asked for now, so that the commit does not wait for it.
  else ground.transaction.mark();
  const named = [...records.map(({ item }) => item.lane), ...claims.map(({ lane }) => lane)];
  const lanes = [...new Map(named.map((lane) => [keyOf(lane.tenantId, lane.laneId), lane])).values()];
  // Asked for in one go: others wait for these lanes, and each answer that is waited for here makes them wait longer.
  const [locked, rows, due] = await Promise.all([
    lockLanesOf(ground, lanes),
    lockDeliveriesOf(ground, keys),
    findDue(ground, claims),
  ]);
  const recording = recordAttempts(ground, records, { locked, rows });
  const claiming = async (): Promise<ClaimedDeliveries[]> => {
    if (claims.length === 0) return [];
    // What goes wrong may pause a lane, open its breaker or hold up its order, and then nothing more of it is claimed.
    if (!isSmooth(records, locked)) await recording;
    return claimDeliveries(ground, claims, { locked, due });
  };
  const [recorded, claimed] = await Promise.all([recording, claiming()]);
  return answersOf(calls, recorded, claimed);
}

/** Nothing that the records bring can change what may be claimed. */
function isSmooth(records: readonly AtTime<AttemptRecord>[], locked: LockedLanes): boolean {
  const areFree = [...locked.values()].every(({ health, ordered }) => health === null && !ordered);
  return areFree && records.every(({ item }) => item.ended.outcome === "delivered");
}

function deliveryOf({ item }: AtTime<AttemptRecord>): {
  readonly tenantId: string;
  readonly deliveryId: string;
} {
  return { tenantId: item.lane.tenantId, deliveryId: item.deliveryId };
}

/** To each call its part, in the order of the calls. */
function answersOf(
  calls: readonly LaneCall[],
  recorded: readonly ("recorded" | "lost")[],
  claimed: readonly ClaimedDeliveries[],
): LaneAnswer[] {
  let recordsTold = 0;
  let claimsTold = 0;
  return calls.map((call) => {
    if (call.kind === "claim") {
      claimsTold += 1;
      return { kind: "claimed", claimed: claimed[claimsTold - 1] ?? { kind: "lost" } };
    }
    const from = recordsTold;
    recordsTold += call.records.length;
    return { kind: "recorded", answers: recorded.slice(from, recordsTold) };
  });
}
