// Keeps a lane's due time what it says: when its next delivery may be claimed.
import type { Instant } from "@ringback/core";
import type { Ground } from "../ground.ts";
import { inserter } from "../rows.ts";
import { lane } from "../schema.ts";

export interface LaneKey {
  readonly tenantId: string;
  readonly laneId: string;
}

/** The limits of an endpoint, which its lane keeps a copy of. */
export interface LaneLimits {
  readonly maxInFlight: number | null;
  readonly ratePerSecond: number | null;
  readonly ordered: boolean;
}

export interface LaneDue {
  /** Makes the lane unless it exists. */
  make(key: LaneKey, receiver: { readonly endpointId: string | null }, limits?: LaneLimits): void;
  /** One of its deliveries has become due at `at`: rings, also when somebody holds the lane, unless it is paused. */
  sooner(key: LaneKey, at: Instant): void;
  /** Looks at the deliveries again after some were claimed or finished. */
  recount(key: LaneKey): { readonly dueAt: Instant | null; readonly paused: boolean };
}

const noLaneLimits: LaneLimits = { maxInFlight: null, ratePerSecond: null, ordered: false };

export function createLaneDue(ground: Ground): LaneDue {
  const { client, effects } = ground;
  const insert = inserter(client, lane, "on conflict do nothing");
  const at = "max(?, coalesce(not_before, 0))";
  // What waits behind the head of an ordered lane makes it due no sooner.
  const sooner = client.prepare<[Instant, Instant, string, string], { paused: number; at: Instant | null }>(
    `update lane set due_at = iif(head_id is null, min(coalesce(due_at, ${at}), ${at}), due_at)
     where tenant_id = ? and id = ? returning paused, iif(head_id is null, coalesce(not_before, 0), null) as at`,
  );
  const waiting = "delivery.tenant_id = lane.tenant_id and status = 'pending' and attempt_started_at is null";
  const recount = client.prepare<[string, string], { dueAt: Instant | null; paused: number }>(
    `update lane set due_at = max(coalesce(not_before, 0), iif(head_id is null,
       (select min(due_at) from delivery where ${waiting} and lane_id = lane.id),
       (select due_at from delivery where ${waiting} and delivery.id = lane.head_id)
     )) where tenant_id = ? and id = ? returning due_at as "dueAt", paused`,
  );
  return {
    make({ tenantId, laneId }, { endpointId }, limits = noLaneLimits) {
      const origin = endpointId === null ? laneId : null;
      const { maxInFlight, ratePerSecond, ordered } = limits;
      const state = { paused: false, closed: false, token: 0, maxInFlight, ratePerSecond, ordered };
      insert({ tenantId, id: laneId, endpointId, origin, ...state });
    },
    sooner(key, dueAt) {
      const row = sooner.get(dueAt, dueAt, key.tenantId, key.laneId);
      if (row === undefined) throw new Error(`There is no lane ${key.laneId}.`);
      if (row.paused === 0 && row.at !== null) effects.ringLane(key, Math.max(dueAt, row.at));
    },
    recount(key) {
      const row = recount.get(key.tenantId, key.laneId);
      if (row === undefined) throw new Error(`There is no lane ${key.laneId}.`);
      return { dueAt: row.dueAt, paused: row.paused !== 0 };
    },
  };
}
