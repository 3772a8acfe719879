// Locks lanes, and says who holds them: the fence of every write that is made for a lane.
import type { HeldLane } from "@ringback/core";
import { keyOf } from "../draft.ts";
import type { Ground } from "../ground.ts";
import { lockLanes, spellKeys, type LaneKey } from "../lane-draft.ts";

/** A lane that this transaction has locked. */
export interface LockedLane extends HeldLane {
  readonly paused: boolean;
  readonly claimed: boolean;
}

/** By `keyOf`. */
export type LockedLanes = ReadonlyMap<string, LockedLane>;

/** Locks these lanes until the transaction ends. */
export async function lockLanesOf(ground: Ground, keys: readonly LaneKey[]): Promise<LockedLanes> {
  const rows = await ground.transaction.ask<LockedLane>(lockLanes, [spellKeys(keys)]);
  return new Map(rows.map((row) => [keyOf(row.tenantId, row.laneId), row]));
}

export function isHeld(locked: LockedLanes, { tenantId, laneId, token }: HeldLane): boolean {
  const lane = locked.get(keyOf(tenantId, laneId));
  return lane !== undefined && lane.claimed && lane.token === token;
}
