// Loads a held lane as its holder may serve it, and saves what the lane remembers of its receiver.
import type { HeldLane } from "@ringback/core";
import { isSameMemory } from "../../lane-state.ts";
import type { Ground } from "../ground.ts";
import type { LaneRow } from "../nouns.ts";
import { rowReader, saver, type RawRow } from "../rows.ts";
import { lane } from "../schema.ts";

export interface LaneRows {
  /** Null when the lane is not held under this token. */
  held(lane: HeldLane): LaneRow | null;
  /** Saves what it remembers of its receiver, unless it is as it was. */
  save(next: LaneRow, earlier: LaneRow): void;
}

const remembered = ["headId", "notBefore", "servedAt", "health"] as const;

export function createLaneRows({ client }: Ground): LaneRows {
  const reader = rowReader(lane);
  const select = client.prepare<[string, string, number], RawRow>(
    `select ${reader.list} from lane where tenant_id = ? and id = ? and token = ? and claimed_by is not null`,
  );
  const save = saver(client, lane, { set: remembered, key: ["tenantId", "id"] });
  return {
    held({ tenantId, laneId, token }) {
      const raw = select.get(tenantId, laneId, token);
      return raw === undefined ? null : reader.read(raw);
    },
    save(next, earlier) {
      if (!isSameMemory(next, earlier)) save(next);
    },
  };
}
