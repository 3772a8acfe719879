// Locks lanes, and says who holds them: the fence of every write that is made for a lane.
import type { HeldLane } from "@ringback/core";
import { keyOf } from "../draft.ts";
import type { Ground } from "../ground.ts";
import { lockLanes, spellKeys, type LaneKey } from "../lane-draft.ts";
import type { LaneRow } from "../nouns.ts";

/** Lanes that this transaction has locked, by `keyOf`; what its work makes of them takes their place. */
export type LockedLanes = Map<string, LaneRow>;

/** Locks these lanes until the transaction ends. */
export async function lockLanesOf(ground: Ground, keys: readonly LaneKey[]): Promise<LockedLanes> {
  const rows = await ground.transaction.ask<LaneRow>(lockLanes, [spellKeys(keys)]);
  return new Map(rows.map((row) => [keyOf(row.tenantId, row.id), row]));
}

export function isHeld(locked: LockedLanes, held: HeldLane): boolean {
  return heldLane(locked, held) !== null;
}

/** Null when the lane is not held under this token. */
export function heldLane(locked: LockedLanes, { tenantId, laneId, token }: HeldLane): LaneRow | null {
  const lane = locked.get(keyOf(tenantId, laneId));
  return lane !== undefined && lane.claimedBy !== null && lane.token === token ? lane : null;
}
