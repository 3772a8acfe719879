// Rings as jobs of graphile-worker: how a transaction leaves them, and what they say when they are answered.
//
// Rings carry no state, so those that would say the same are one. A lane's ring has a key, since whoever rings for a lane
// holds that lane's row lock already; the ring for jobs has none, since one key for all would make all intake wait in line.
import type { Clock, Instant, Ring } from "@ringback/core";

/** A schema of our own, so that an application's graphile-worker in the same database is left alone. */
export const graphileSchema = "ringback_graphile";

/** What graphile-worker calls the two sorts of rings. */
export const ringNames = { jobs: "ring_jobs", lane: "ring_lane" } as const;

/** Rings further away are left to the sweep, which finds them in the rows: each ring costs every fetch until it is due. */
export const ringHorizonMs = 10_000;

/** One ring as `add_jobs` takes it. */
interface Spec {
  readonly task: string;
  readonly payload: Readonly<Record<string, string>>;
  /** Milliseconds since 1970; null is now, by the database's clock. */
  readonly at: Instant | null;
  readonly key: string | null;
}

// With the last argument an equal ring that waits keeps its time, the earlier one.
const addRings = `select 1 from ${graphileSchema}.add_jobs(array(
    select (ring.task, ring.payload, null, to_timestamp(ring.at / 1000.0), null, ring.key, null, null)::${graphileSchema}.job_spec
    from json_to_recordset($1::json) as ring(task text, payload json, at double precision, key text)
  ), true)`;

export interface RingStatement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** The statement that adds these rings, for the transaction that they are the result of; null when nobody needs one. */
export function ringStatement(rings: readonly Ring[], clock: Clock): RingStatement | null {
  const now = clock.now();
  const specs = new Map<string, Spec>();
  for (const ring of rings) {
    const spec = specOf(ring, now);
    if (spec !== null) specs.set(spec.key ?? `${spec.task} ${spec.at ?? ""}`, spec);
  }
  return specs.size === 0 ? null : statementOf([...specs.values()]);
}

/** Rings again for jobs in a moment; however many processes ask, it is one ring. */
export function passOnStatement(clock: Clock, delayMs: number): RingStatement {
  return statementOf([
    { task: ringNames.jobs, payload: {}, at: clock.now() + delayMs, key: "jobs passed on" },
  ]);
}

/** A holder hears of its lane through the store's channel, and a cancel does not wait in any line. */
function specOf(ring: Ring, now: Instant): Spec | null {
  if (ring.kind === "cancel" || ring.at > now + ringHorizonMs) return null;
  const at = ring.at <= now ? null : ring.at;
  if (ring.kind === "jobs") return { task: ringNames.jobs, payload: {}, at, key: null };
  if (ring.held === true) return null;
  const { tenantId, laneId } = ring;
  const key = at === null ? `${tenantId} ${laneId}` : `${tenantId} ${laneId} ${Math.ceil(at / 1_000)}`;
  return { task: ringNames.lane, payload: { tenantId, laneId }, at, key };
}

function statementOf(specs: readonly Spec[]): RingStatement {
  return { text: addRings, values: [JSON.stringify(specs)] };
}

/** The lane that an answered ring is for; null when the payload is not ours. */
export function laneOfPayload(
  payload: unknown,
): { readonly tenantId: string; readonly laneId: string } | null {
  if (typeof payload !== "object" || payload === null) return null;
  const { tenantId, laneId } = payload as { readonly tenantId?: unknown; readonly laneId?: unknown };
  return typeof tenantId === "string" && typeof laneId === "string" ? { tenantId, laneId } : null;
}
