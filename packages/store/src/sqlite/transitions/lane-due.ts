// Keeps a lane's due time what it says: the earliest due time of its pending deliveries that are not in flight.
import type { Instant } from "@ringback/core";
import type { Ground } from "../ground.ts";
import { inserter } from "../rows.ts";
import { lane } from "../schema.ts";

export interface LaneKey {
  readonly tenantId: string;
  readonly laneId: string;
}

export interface LaneDue {
  /** Makes the lane unless it exists. */
  make(key: LaneKey, receiver: { readonly endpointId: string | null }): void;
  /** One of its deliveries has become due at `at`: rings, also when somebody holds the lane, unless it is paused. */
  sooner(key: LaneKey, at: Instant): void;
  /** Looks at the deliveries again after some were claimed or finished. */
  recount(key: LaneKey): { readonly dueAt: Instant | null; readonly paused: boolean };
}

export function createLaneDue(ground: Ground): LaneDue {
  const { client, effects } = ground;
  const insert = inserter(client, lane, "on conflict do nothing");
  const sooner = client.prepare<[Instant, Instant, string, string], { paused: number }>(
    `update lane set due_at = min(coalesce(due_at, ?), ?) where tenant_id = ? and id = ? returning paused`,
  );
  const recount = client.prepare<[string, string], { dueAt: Instant | null; paused: number }>(
    `update lane set due_at = (
       select min(due_at) from delivery
       where delivery.tenant_id = lane.tenant_id and lane_id = lane.id
         and status = 'pending' and attempt_started_at is null
     ) where tenant_id = ? and id = ? returning due_at as "dueAt", paused`,
  );
  return {
    make({ tenantId, laneId }, { endpointId }) {
      const origin = endpointId === null ? laneId : null;
      insert({ tenantId, id: laneId, endpointId, origin, paused: false, token: 0 });
    },
    sooner(key, at) {
      const row = sooner.get(at, at, key.tenantId, key.laneId);
      if (row === undefined) throw new Error(`There is no lane ${key.laneId}.`);
      if (row.paused === 0) effects.ringLane(key, at);
    },
    recount(key) {
      const row = recount.get(key.tenantId, key.laneId);
      if (row === undefined) throw new Error(`There is no lane ${key.laneId}.`);
      return { dueAt: row.dueAt, paused: row.paused !== 0 };
    },
  };
}
