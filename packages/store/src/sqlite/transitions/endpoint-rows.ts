// Loads an endpoint, saves its changes, and pauses or resumes it together with its lane.
import type { EndpointKey, EndpointStatus, Instant, PauseReason } from "@ringback/core";
import { endpointChanging } from "../../endpoint-change.ts";
import type { Ground } from "../ground.ts";
import type { EndpointRow } from "../nouns.ts";
import { rowReader, saver, type RawRow } from "../rows.ts";
import { endpoint } from "../schema.ts";
import { createLaneDue } from "./lane-due.ts";

export interface EndpointRows {
  /** Null when there is none, or it has been deleted. */
  find(key: EndpointKey): EndpointRow | null;
  /** Saves what an owner may change, and the copy of its limits on its lane. */
  save(row: EndpointRow): void;
  /** Null when there is no such endpoint. Resuming rings its lane, and forgets how its receiver has failed. */
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
    `select ${reader.list} from endpoint where tenant_id = ? and id = ? and deleted_at is null`,
  );
  const save = saver(client, endpoint, { set: endpointChanging, key: ["tenantId", "id"] });
  const saveLimits = client.prepare<[number | null, number | null, number, number, string, string]>(
    `update lane set max_in_flight = ?, rate_per_second = ?, ordered = ?, head_id = iif(?, head_id, null)
     where tenant_id = ? and id = ?`,
  );
  const update = client.prepare<[EndpointStatus, PauseReason | null, Instant, string, string], RawRow>(
    `update endpoint set status = ?, paused_reason = ?, updated_at = max(?, updated_at + 1)
     where tenant_id = ? and id = ? and deleted_at is null returning ${reader.list}`,
  );
  const pauseLane = client.prepare<[number, number, number, string, string]>(
    `update lane set paused = ?, not_before = iif(?, not_before, null), health = iif(?, health, null)
     where tenant_id = ? and id = ?`,
  );
  return {
    find({ tenantId, endpointId }) {
      const raw = select.get(tenantId, endpointId);
      return raw === undefined ? null : reader.read(raw);
    },
    save(row) {
      save(row);
      const { tenantId, id, maxInFlight, ratePerSecond, ordered } = row;
      saveLimits.run(maxInFlight, ratePerSecond, Number(ordered), Number(ordered), tenantId, id);
      const key = { tenantId, laneId: id };
      const { dueAt, paused } = laneDue.recount(key);
      if (dueAt !== null && !paused) effects.ringLane(key, dueAt);
    },
    setStatus({ tenantId, endpointId }, { status, reason }, now) {
      const paused = status === "paused";
      const raw = update.get(status, paused ? (reason ?? "operator") : null, now, tenantId, endpointId);
      if (raw === undefined) return null;
      const key = { tenantId, laneId: endpointId };
      pauseLane.run(Number(paused), Number(paused), Number(paused), tenantId, endpointId);
      const { dueAt } = laneDue.recount(key);
      if (!paused && dueAt !== null) effects.ringLane(key, dueAt);
      return reader.read(raw);
    },
  };
}
