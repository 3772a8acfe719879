// Loads an endpoint and pauses or resumes it, together with its lane.
import type { EndpointStatus, Instant, PauseReason } from "@ringback/core";
import type { Ground } from "../ground.ts";
import type { EndpointRow } from "../nouns.ts";
import { rowReader, type RawRow } from "../rows.ts";
import { endpoint } from "../schema.ts";
import { createLaneDue } from "./lane-due.ts";

export interface EndpointKey {
  readonly tenantId: string;
  readonly endpointId: string;
}

export interface EndpointRows {
  find(key: EndpointKey): EndpointRow | null;
  /** Null when there is no such endpoint. Resuming rings its lane. */
  setStatus(
    key: EndpointKey,
    status: { readonly status: EndpointStatus; readonly reason: PauseReason | null },
    now: Instant,
  ): EndpointRow | null;
}

export function createEndpointRows(ground: Ground): EndpointRows {
  const { client, effects } = ground;
  const laneDue = createLaneDue(ground);
  const reader = rowReader(endpoint);
  const select = client.prepare<[string, string], RawRow>(
    `select ${reader.list} from endpoint where tenant_id = ? and id = ?`,
  );
  const update = client.prepare<[EndpointStatus, PauseReason | null, Instant, string, string], RawRow>(
    `update endpoint set status = ?, paused_reason = ?, updated_at = ? where tenant_id = ? and id = ?
     returning ${reader.list}`,
  );
  const pauseLane = client.prepare<[number, string, string]>(
    "update lane set paused = ? where tenant_id = ? and id = ?",
  );
  return {
    find({ tenantId, endpointId }) {
      const raw = select.get(tenantId, endpointId);
      return raw === undefined ? null : reader.read(raw);
    },
    setStatus({ tenantId, endpointId }, { status, reason }, now) {
      const paused = status === "paused";
      const raw = update.get(status, paused ? (reason ?? "operator") : null, now, tenantId, endpointId);
      if (raw === undefined) return null;
      const key = { tenantId, laneId: endpointId };
      pauseLane.run(Number(paused), tenantId, endpointId);
      const { dueAt } = laneDue.recount(key);
      if (!paused && dueAt !== null) effects.ringLane(key, dueAt);
      return reader.read(raw);
    },
  };
}
