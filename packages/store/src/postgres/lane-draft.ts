// Keeps a lane's due time what it says: the earliest due time of its pending deliveries that are not in flight.
import type { Instant } from "@ringback/core";
import type { Effects } from "../effects.ts";
import type { LaneRow } from "./nouns.ts";
import { inserter, rowReader, saver } from "./rows.ts";
import { lane } from "./schema.ts";
import type { Transaction } from "./transaction.ts";

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

const noLaneLimits: LaneLimits = { maxInFlight: null, ratePerSecond: null, ordered: false };

/** What a lane remembers of its receiver. */
export const laneRemembered = ["headId", "notBefore", "servedAt", "health"] as const;

export interface LaneDraft {
  /** Makes the lane unless it exists. */
  makeLane(key: LaneKey, receiver: { readonly endpointId: string | null }, limits?: LaneLimits): void;
  /** One of its deliveries has become due at `at`: rings, also when somebody holds the lane, unless it is paused. */
  laneSooner(key: LaneKey, at: Instant): void;
  /** Saves what the lane remembers of its receiver, before anything is counted; the lane is locked already. */
  saveLane(next: LaneRow): void;
  /** Looks at the deliveries again after some were claimed or finished; the lane is locked already. */
  recountLane(key: LaneKey, options: { readonly ring: boolean }): void;
  hasLanes(): boolean;
  flushLanes(): Promise<void>;
}

const insertLanes = inserter(lane, { suffix: "on conflict (tenant_id, id) do nothing" });
const orderedKeys = `select "tenantId", "laneId" from json_to_recordset($1::json) as v("tenantId" text, "laneId" text)`;
const reader = rowReader(lane);
const saveLanes = saver(lane, { set: laneRemembered, key: ["tenantId", "id"] });
export const lockLanes = `select ${reader.list} from lane as t where (t.tenant_id, t.id) in (${orderedKeys}) order by t.tenant_id, t.id for no key update`;
const laneState = `t.tenant_id as "tenantId", t.id as "laneId", t.due_at as "dueAt", t.paused,
    t.claimed_by is not null as held, t.not_before as "notBefore", t.head_id is not null as blocked`;
// What waits behind the head of an ordered lane makes it due no sooner.
const sooner = `update lane as t
  set due_at = case when t.head_id is null then least(t.due_at, greatest(v.at, t.not_before)) else t.due_at end
  from json_to_recordset($1::json) as v("tenantId" text, "laneId" text, at bigint)
  where t.tenant_id = v."tenantId" and t.id = v."laneId"
  returning ${laneState}`;
const waiting = "d.tenant_id = t.tenant_id and d.status = 'pending' and d.attempt_started_at is null";
const recount = `update lane as t set due_at = case when t.head_id is null then (
    select greatest(d.due_at, t.not_before) from delivery as d
    where ${waiting} and d.lane_id = t.id order by d.due_at limit 1
  ) else (
    select greatest(d.due_at, t.not_before) from delivery as d where ${waiting} and d.id = t.head_id
  ) end where (t.tenant_id, t.id) in (${orderedKeys})
  returning ${laneState}`;

interface LaneState extends LaneKey {
  readonly dueAt: Instant | null;
  readonly paused: boolean;
  readonly held: boolean;
  readonly notBefore: Instant | null;
  readonly blocked: boolean;
}

type MadeLane = typeof lane.$inferInsert;

interface DueLane {
  readonly key: LaneKey;
  readonly ats: Set<Instant>;
}

export function createLaneDraft(transaction: Transaction, effects: Effects): LaneDraft {
  const made = new Map<string, MadeLane>();
  const saved = new Map<string, LaneRow>();
  const due = new Map<string, DueLane>();
  const recounted = new Map<string, { readonly key: LaneKey; ring: boolean }>();
  const spelled = ({ tenantId, laneId }: LaneKey): string => `${laneId} ${tenantId}`;

  /** A lane that is not there yet shows in that its due time could not be told; most of the time they all are. */
  async function flushSooner(): Promise<void> {
    if (due.size === 0) return;
    const entries = [...due.values()];
    const told = await tellSooner(entries);
    const missing = entries.filter(({ key }) => !told.has(spelled(key)));
    if (missing.length > 0) {
      insertMade(missing.flatMap(({ key }) => made.get(spelled(key)) ?? []));
      for (const [key, row] of await tellSooner(missing)) told.set(key, row);
    }
    for (const { key, ats } of entries) {
      const state = told.get(spelled(key));
      if (state === undefined) throw new Error("There is no lane for what has become due.");
      const { paused, held, notBefore, blocked } = state;
      if (paused || blocked) continue;
      for (const at of ats) effects.ringLane(key, Math.max(at, notBefore ?? 0), { held });
    }
  }

  async function tellSooner(entries: readonly DueLane[]): Promise<Map<string, LaneState>> {
    // One alone is locked by what changes it; several are locked in their order.
    if (entries.length > 1) transaction.send(lockLanes, [spellKeys(entries.map(({ key }) => key))]);
    const earliest = entries.map(({ key: { tenantId, laneId }, ats }) => ({
      tenantId,
      laneId,
      at: Math.min(...ats),
    }));
    const rows = await transaction.ask<LaneState>(sooner, [JSON.stringify(earliest)]);
    return new Map(rows.map((row) => [spelled(row), row]));
  }

  function insertMade(rows: readonly MadeLane[]): void {
    if (rows.length > 0) transaction.send(insertLanes.text, [insertLanes.spell(rows.toSorted(byKey))]);
  }

  async function flushRecounts(): Promise<void> {
    if (recounted.size === 0) return;
    const keys = [...recounted.values()].map(({ key }) => key);
    if (![...recounted.values()].some(({ ring }) => ring)) {
      transaction.send(recount, [spellKeys(keys)]);
      return;
    }
    const rows = await transaction.ask<LaneState>(recount, [spellKeys(keys)]);
    for (const row of rows) {
      if (recounted.get(spelled(row))?.ring === true && row.dueAt !== null && !row.paused) {
        const { tenantId, laneId, dueAt, held } = row;
        effects.ringLane({ tenantId, laneId }, dueAt, { held });
      }
    }
  }

  return {
    makeLane(key, { endpointId }, limits = noLaneLimits) {
      const { tenantId, laneId } = key;
      const origin = endpointId === null ? laneId : null;
      const { maxInFlight, ratePerSecond, ordered } = limits;
      const state = { paused: false, closed: false, token: 0, maxInFlight, ratePerSecond, ordered };
      made.set(spelled(key), { tenantId, id: laneId, endpointId, origin, ...state });
    },
    saveLane: (next) => void saved.set(spelled({ tenantId: next.tenantId, laneId: next.id }), next),
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
    hasLanes: () => made.size + saved.size + due.size + recounted.size > 0,
    async flushLanes() {
      insertMade([...made].filter(([key]) => !due.has(key)).map(([, row]) => row));
      if (saved.size > 0) transaction.send(saveLanes.text, [saveLanes.spell([...saved.values()])]);
      // What is inserted after this can only be told by `sooner`, so that comes last.
      await Promise.all([flushRecounts(), flushSooner()]);
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
