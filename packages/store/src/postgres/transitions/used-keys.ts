// What tenants' idempotency keys have been used for, whichever process used them.
import type { Acceptance, Instant } from "@ringback/core";
import type { KeyUse } from "../../event-key.ts";
import { keyOf } from "../draft.ts";
import { inserter } from "../rows.ts";
import { idempotency } from "../schema.ts";
import { sentCheck } from "../checks.ts";
import type { Transaction } from "../transaction.ts";

export type KeyRow = typeof idempotency.$inferSelect;

export interface UsedKey extends KeyUse {
  readonly tenantId: string;
  readonly key: string;
  readonly expiresAt: Instant;
}

/** Somebody's use of a key of their tenant; without one it is asked of nobody. */
export interface Keyed {
  readonly tenantId: string;
  readonly idempotency: Acceptance["idempotency"];
}

const select = `select tenant_id as "tenantId", key, request_hash as "requestHash", job_id as "jobId",
    event_id as "eventId", event_deliveries as "eventDeliveries", created_at as "createdAt", expires_at as "expiresAt"
  from idempotency where (tenant_id, key) in (select * from unnest($1::text[], $2::text[]))`;
// Waits for another process that is writing the same key. What is left out then has been taken by that one meanwhile.
const insert = inserter(idempotency, {
  suffix: `on conflict (tenant_id, key) do update set request_hash = excluded.request_hash, job_id = excluded.job_id,
    event_id = excluded.event_id, event_deliveries = excluded.event_deliveries,
    created_at = excluded.created_at, expires_at = excluded.expires_at
    where t.expires_at <= excluded.created_at returning t.key`,
});
const insertAll = `with taken as (${insert.text})
  ${sentCheck("select case when count(*) = $2::bigint then 1 else 0 end from taken")}`;

/** By tenant and key, also those that have expired. */
export async function usedKeys(
  transaction: Transaction,
  items: readonly Keyed[],
): Promise<Map<string, UsedKey>> {
  const keyed = items.flatMap(({ tenantId, idempotency: used }) =>
    used === null ? [] : [{ tenantId, key: used.key }],
  );
  if (keyed.length === 0) return new Map();
  const rows = await transaction.ask<UsedKey>(select, [
    keyed.map(({ tenantId }) => tenantId),
    keyed.map(({ key }) => key),
  ]);
  return new Map(rows.map((row) => [keyOf(row.tenantId, row.key), row]));
}

/** Lets the transaction fail, and be made again, when another process was first. */
export function sendKeys(transaction: Transaction, keys: readonly KeyRow[]): void {
  const sorted = keys.toSorted((a, b) => (keyOf(a.tenantId, a.key) < keyOf(b.tenantId, b.key) ? -1 : 1));
  transaction.send(insertAll, [insert.spell(sorted), keys.length]);
}
