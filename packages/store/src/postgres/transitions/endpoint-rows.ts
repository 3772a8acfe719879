// Pauses and resumes endpoints, each together with its lane, which is locked first.
import type { Act, EndpointKey, EndpointStatus, Instant, PauseReason } from "@ringback/core";
import type { Ground } from "../ground.ts";
import { lockLanes, spellKeys } from "../lane-draft.ts";
import type { EndpointRow } from "../nouns.ts";
import { rowReader } from "../rows.ts";
import { endpoint } from "../schema.ts";
import { sendAudit } from "./audit.ts";
import { tellOperators } from "./operational.ts";

export interface EndpointPause extends EndpointKey {
  readonly reason: PauseReason;
  readonly now: Instant;
}

const reader = rowReader(endpoint);
const update = `update endpoint as t set status = $1, paused_reason = $2, updated_at = greatest($3, t.updated_at + 1)
  from (
    select e.status from endpoint as e where e.tenant_id = $4 and e.id = $5 and e.deleted_at is null for no key update
  ) as earlier
  where t.tenant_id = $4 and t.id = $5 returning ${reader.list}, earlier.status as earlier`;
const pauseLane = "update lane set paused = true where tenant_id = $1 and id = $2";
const resumeLane =
  "update lane set paused = false, not_before = null, health = null where tenant_id = $1 and id = $2";
const pauseActive = `update endpoint as t
  set status = 'paused', paused_reason = $4, updated_at = greatest($3, t.updated_at + 1)
  where t.tenant_id = $1 and t.id = $2 and t.status = 'active' and t.deleted_at is null returning t.id`;

/** Null when there is no such endpoint. Resuming rings its lane, and forgets how its receiver has failed. */
export async function setEndpointStatus(
  ground: Ground,
  { tenantId, endpointId }: EndpointKey,
  change: {
    readonly status: EndpointStatus;
    readonly reason: PauseReason | null;
    readonly now: Instant;
    readonly act?: Act | undefined;
  },
): Promise<EndpointRow | null> {
  const { transaction, draft } = ground;
  const lane = { tenantId, laneId: endpointId };
  const paused = change.status === "paused";
  const reason = paused ? (change.reason ?? "operator") : null;
  transaction.send(lockLanes, [spellKeys([lane])]);
  const [found] = await transaction.ask(update, [change.status, reason, change.now, tenantId, endpointId]);
  if (found === undefined) return null;
  const { earlier, ...raw } = found;
  if (earlier !== change.status) {
    const action = paused ? "endpoint.paused" : "endpoint.resumed";
    sendAudit(ground, [{ tenantId, action, subject: endpointId }], change.act, change.now);
  }
  transaction.send(paused ? pauseLane : resumeLane, [tenantId, endpointId]);
  draft.recountLane(lane, { ring: true });
  if (earlier !== change.status && reason !== null) {
    await tellOperators(ground, [{ kind: "paused", tenantId, endpointId, reason, now: change.now }]);
  }
  return reader.read(raw);
}

/** Those of them that were active until now; what is paused already stays paused for the reason that it was. */
export async function pauseEndpoints(
  { transaction, draft }: Ground,
  pauses: readonly EndpointPause[],
): Promise<EndpointPause[]> {
  const paused: EndpointPause[] = [];
  for (const pause of pauses) {
    const { tenantId, endpointId, reason, now } = pause;
    const rows = await transaction.ask(pauseActive, [tenantId, endpointId, now, reason]);
    if (rows.length === 0) continue;
    paused.push(pause);
    transaction.send(pauseLane, [tenantId, endpointId]);
    draft.recountLane({ tenantId, laneId: endpointId }, { ring: false });
  }
  return paused;
}
