// Pauses and resumes endpoints, each together with its lane, which is locked first.
import type { Act, EndpointStatus, Instant, PauseReason } from "@ringback/core";
import type { Ground } from "../ground.ts";
import { lockLanes, spellKeys } from "../lane-draft.ts";
import type { EndpointRow } from "../nouns.ts";
import { rowReader } from "../rows.ts";
import { endpoint } from "../schema.ts";
import { sendAudit } from "./audit.ts";

export interface EndpointKey {
  readonly tenantId: string;
  readonly endpointId: string;
}

const reader = rowReader(endpoint);
const update = `update endpoint as t set status = $1, paused_reason = $2, updated_at = $3
  from (select e.status from endpoint as e where e.tenant_id = $4 and e.id = $5 for no key update) as earlier
  where t.tenant_id = $4 and t.id = $5 returning ${reader.list}, earlier.status as earlier`;
const pauseLane = "update lane set paused = $1 where tenant_id = $2 and id = $3";
const pauseGone = `update endpoint as t set status = 'paused', paused_reason = 'gone', updated_at = $3
  where t.tenant_id = $1 and t.id = $2 and t.status = 'active' returning t.id`;

/** Null when there is no such endpoint. Resuming rings its lane. */
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
  transaction.send(pauseLane, [paused, tenantId, endpointId]);
  draft.recountLane(lane, { ring: true });
  return reader.read(raw);
}

/** For receivers that said they are gone; an endpoint that an operator has paused already stays paused for that reason. */
export async function pauseEndpoints(
  { transaction, draft }: Ground,
  gone: readonly (EndpointKey & { readonly now: Instant })[],
): Promise<void> {
  for (const { tenantId, endpointId, now } of gone) {
    const rows = await transaction.ask(pauseGone, [tenantId, endpointId, now]);
    if (rows.length === 0) continue;
    transaction.send(pauseLane, [true, tenantId, endpointId]);
    draft.recountLane({ tenantId, laneId: endpointId }, { ring: false });
  }
}
