// What a tenant's idempotency keys have been used for.
import type { Instant } from "@ringback/core";
import type { Ground } from "../ground.ts";
import { inserter, rowReader, type RawRow } from "../rows.ts";
import { idempotency } from "../schema.ts";

export type KeyRow = typeof idempotency.$inferSelect;

export interface KeyRows {
  /** Null when the key is unknown or has expired. */
  find(tenantId: string, key: string, now: Instant): KeyRow | null;
  /** Takes a key that `find` did not find. */
  take(row: KeyRow): void;
}

export function createKeyRows({ client }: Ground): KeyRows {
  const reader = rowReader(idempotency);
  const select = client.prepare<[string, string, Instant], RawRow>(
    `select ${reader.list} from idempotency where tenant_id = ? and key = ? and expires_at > ?`,
  );
  // Only an expired key is still there when a key is written.
  const insert = inserter(
    client,
    idempotency,
    `on conflict (tenant_id, key) do update set request_hash = excluded.request_hash, job_id = excluded.job_id,
       event_id = excluded.event_id, event_deliveries = excluded.event_deliveries,
       created_at = excluded.created_at, expires_at = excluded.expires_at`,
  );
  return {
    find(tenantId, key, now) {
      const raw = select.get(tenantId, key, now);
      return raw === undefined ? null : reader.read(raw);
    },
    take: (row) => void insert(row),
  };
}
