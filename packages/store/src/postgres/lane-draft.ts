// Keeps a lane's due time what it says: the earliest due time of its pending deliveries that are not in flight.
import type { Instant } from "@ringback/core";
import type { Effects } from "../effects.ts";
import { inserter } from "./rows.ts";
import { lane } from "./schema.ts";
import type { Transaction } from "./transaction.ts";

export interface LaneKey {
  readonly tenantId: string;
  readonly laneId: string;
}

export interface LaneDraft {
  /** Makes the lane unless it exists. */
  makeLane(key: LaneKey, receiver: { readonly endpointId: string | null }): void;
  /** One of its deliveries has become due at `at`: rings, also when somebody holds the lane, unless it is paused. */
  laneSooner(key: LaneKey, at: Instant): void;
  /** Looks at the deliveries again after some were claimed or finished; the lane is locked already. */
  recountLane(key: LaneKey, options: { readonly ring: boolean }): void;
  hasLanes(): boolean;
  flushLanes(): Promise<void>;
}

const insertLanes = inserter(lane, { suffix: "on conflict (tenant_id, id) do nothing" });
const orderedKeys = `select "tenantId", "laneId" from json_to_recordset($1::json) as v("tenantId" text, "laneId" text)`;
export const lockLanes = `select t.tenant_id as "tenantId", t.id as "laneId", t.token, t.paused,
    t.claimed_by is not null as claimed
  from lane as t where (t.tenant_id, t.id) in (${orderedKeys}) order by t.tenant_id, t.id for no key update`;
const laneState = `t.tenant_id as "tenantId", t.id as "laneId", t.due_at as "dueAt", t.paused,
    t.claimed_by is not null as held`;
const sooner = `update lane as t set due_at = least(t.due_at, v.at)
  from json_to_recordset($1::json) as v("tenantId" text, "laneId" text, at bigint)
  where t.tenant_id = v."tenantId" and t.id = v."laneId"
  returning ${laneState}`;
const recount = `update lane as t set due_at = (
    select min(d.due_at) from delivery as d
    where d.tenant_id = t.tenant_id and d.lane_id = t.id and d.status = 'pending' and d.attempt_started_at is null
  ) where (t.tenant_id, t.id) in (${orderedKeys})
  returning ${laneState}`;

interface LaneState extends LaneKey {
  readonly dueAt: Instant | null;
  readonly paused: boolean;
  readonly held: boolean;
}

export function createLaneDraft(transaction: Transaction, effects: Effects): LaneDraft {
  const made = new Map<string, typeof lane.$inferInsert>();
  const due = new Map<string, { readonly key: LaneKey; readonly ats: Set<Instant> }>();
  const recounted = new Map<string, { readonly key: LaneKey; ring: boolean }>();
  const spelled = ({ tenantId, laneId }: LaneKey): string => `${laneId} ${tenantId}`;

  async function flushSooner(): Promise<void> {
    if (due.size === 0) return;
    const entries = [...due.values()];
    transaction.send(lockLanes, [spellKeys(entries.map(({ key }) => key))]);
    const earliest = entries.map(({ key: { tenantId, laneId }, ats }) => ({
      tenantId,
      laneId,
      at: Math.min(...ats),
    }));
    const rows = await transaction.ask<LaneState>(sooner, [JSON.stringify(earliest)]);
    if (rows.length < due.size) throw new Error("There is no lane for what has become due.");
    const states = new Map(rows.map((row) => [spelled(row), row]));
    for (const { key, ats } of entries) {
      const { paused = true, held = false } = states.get(spelled(key)) ?? {};
      if (paused) continue;
      for (const at of ats) effects.ringLane(key, at, { held });
    }
  }

  async function flushRecounts(): Promise<void> {
    if (recounted.size === 0) return;
    const keys = [...recounted.values()].map(({ key }) => key);
    const rows = await transaction.ask<LaneState>(recount, [spellKeys(keys)]);
    for (const row of rows) {
      if (recounted.get(spelled(row))?.ring === true && row.dueAt !== null && !row.paused) {
        const { tenantId, laneId, dueAt, held } = row;
        effects.ringLane({ tenantId, laneId }, dueAt, { held });
      }
    }
  }

  return {
    makeLane(key, { endpointId }) {
      const { tenantId, laneId } = key;
      const origin = endpointId === null ? laneId : null;
      made.set(spelled(key), { tenantId, id: laneId, endpointId, origin, paused: false, token: 0 });
    },
    laneSooner({ tenantId, laneId }, at) {
      const key = { tenantId, laneId };
      const known = due.get(spelled(key));
      if (known === undefined) due.set(spelled(key), { key, ats: new Set([at]) });
      else known.ats.add(at);
    },
    recountLane({ tenantId, laneId }, { ring }) {
      const key = { tenantId, laneId };
      const known = recounted.get(spelled(key));
      recounted.set(spelled(key), { key, ring: ring || known?.ring === true });
    },
    hasLanes: () => made.size + due.size + recounted.size > 0,
    async flushLanes() {
      if (made.size > 0) {
        const rows = [...made.values()].toSorted(byKey);
        transaction.send(insertLanes.text, [insertLanes.spell(rows)]);
      }
      await Promise.all([flushSooner(), flushRecounts()]);
    },
  };
}

export function spellKeys(keys: readonly LaneKey[]): string {
  return JSON.stringify(keys.map(({ tenantId, laneId }) => ({ tenantId, laneId })));
}

function byKey(
  first: { readonly tenantId: string; readonly id: string },
  second: { readonly tenantId: string; readonly id: string },
): number {
  if (first.tenantId !== second.tenantId) return first.tenantId < second.tenantId ? -1 : 1;
  return first.id < second.id ? -1 : Number(first.id > second.id);
}
