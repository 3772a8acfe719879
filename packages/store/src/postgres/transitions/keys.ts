// Keeps API keys: puts those of the settings, makes and revokes the others, and notes their use.
import { keyUseGrainMs, type Act, type ApiKey, type Instant, type NewApiKey } from "@ringback/core";
import { bySettings } from "../../audit-row.ts";
import { createdKey, isSameKey, newKeyRow } from "../../key-row.ts";
import type { Ground } from "../ground.ts";
import { inserter, rowReader } from "../rows.ts";
import { apiKey } from "../schema.ts";
import { sendAudit } from "./audit.ts";

export interface KeyName {
  readonly tenantId: string;
  readonly keyId: string;
}

const reader = rowReader(apiKey);
const insert = inserter(apiKey);
const select = `select ${reader.list} from api_key as t where t.tenant_id = $1 and t.id = $2`;
const dropReplaced = "delete from api_key where (tenant_id = $1 and id = $2) or lookup = $3";
const hasTenant = "select 1 from tenant where tenant_id = $1 for key share";
const revoke = `update api_key as t set revoked_at = $3
  where t.tenant_id = $1 and t.id = $2 and t.revoked_at is null returning t.id`;
const noteUse = `update api_key set last_used_at = $3
  where tenant_id = $1 and id = $2 and (last_used_at is null or last_used_at <= $4)`;
/** Any number; it tells this lock from others that one may take in the same database. */
const firstKeyLock = "select pg_advisory_xact_lock(724615)";

async function find({ transaction }: Ground, tenantId: string, keyId: string): Promise<ApiKey | null> {
  const [raw] = await transaction.ask(select, [tenantId, keyId]);
  return raw === undefined ? null : reader.read(raw);
}

/** Processes that start together wait for one another here; the later ones find what the first one has put. */
export async function putKeys(ground: Ground, items: readonly NewApiKey[], now: Instant): Promise<void> {
  const { transaction } = ground;
  transaction.send(firstKeyLock);
  // One after the other, since a list may hold the same key twice.
  for (const item of items) {
    const present = await find(ground, item.tenantId, item.id);
    if (present !== null && isSameKey(present, item)) continue;
    transaction.send(dropReplaced, [item.tenantId, item.id, item.lookup]);
    transaction.send(insert.text, [insert.spell([newKeyRow(item, now)])]);
    sendAudit(ground, [createdKey(item)], bySettings, now);
  }
}

/** Waits like `putKeys`, so that only one makes a key. */
export async function putFirstKey(ground: Ground, item: NewApiKey, now: Instant): Promise<boolean> {
  const { transaction } = ground;
  transaction.mark();
  transaction.send(firstKeyLock);
  const known = await transaction.ask("select 1 from api_key limit 1");
  if (known.length > 0) return false;
  transaction.send(insert.text, [insert.spell([newKeyRow(item, now)])]);
  sendAudit(ground, [createdKey(item)], bySettings, now);
  return true;
}

export async function createKey(
  ground: Ground,
  key: NewApiKey,
  now: Instant,
  act: Act,
): Promise<ApiKey | null> {
  const { transaction } = ground;
  if ((await transaction.ask(hasTenant, [key.tenantId])).length === 0) return null;
  const row = newKeyRow(key, now);
  transaction.send(insert.text, [insert.spell([row])]);
  sendAudit(ground, [createdKey(key)], act, now);
  return row;
}

export async function revokeKey(
  ground: Ground,
  { tenantId, keyId }: KeyName,
  now: Instant,
  act: Act,
): Promise<ApiKey | null> {
  const revoked = await ground.transaction.ask(revoke, [tenantId, keyId, now]);
  if (revoked.length > 0) sendAudit(ground, [{ tenantId, action: "key.revoked", subject: keyId }], act, now);
  return find(ground, tenantId, keyId);
}

export async function noteKeyUse(
  { transaction }: Ground,
  { tenantId, keyId }: KeyName,
  at: Instant,
): Promise<void> {
  transaction.mark();
  transaction.send(noteUse, [tenantId, keyId, at, at - keyUseGrainMs]);
}
