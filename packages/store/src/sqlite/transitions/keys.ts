// Keeps API keys: puts those of the settings, makes and revokes the others, and notes their use.
import { keyUseGrainMs, type Act, type ApiKey, type Instant, type NewApiKey } from "@ringback/core";
import { bySettings } from "../../audit-row.ts";
import type { Ground } from "../ground.ts";
import { inserter, rowReader, type RawRow } from "../rows.ts";
import { apiKey } from "../schema.ts";
import { createdKey, isSameKey, newKeyRow } from "../../key-row.ts";
import { createAuditRows } from "./audit.ts";

export interface KeyName {
  readonly tenantId: string;
  readonly keyId: string;
}

export interface KeyTransitions {
  putKeys(items: readonly NewApiKey[], now: Instant): void;
  putFirstKey(item: NewApiKey, now: Instant): boolean;
  createKey(key: NewApiKey, now: Instant, act: Act): ApiKey | null;
  revokeKey(key: KeyName, now: Instant, act: Act): ApiKey | null;
  noteKeyUse(key: KeyName, at: Instant): void;
}

export function createKeyTransitions(ground: Ground): KeyTransitions {
  const { client } = ground;
  const audit = createAuditRows(ground);
  const reader = rowReader(apiKey);
  const insert = inserter(client, apiKey);
  const select = client.prepare<[string, string], RawRow>(
    `select ${reader.list} from api_key where tenant_id = ? and id = ?`,
  );
  const anyKey = client.prepare<[]>("select 1 from api_key limit 1");
  const hasTenant = client.prepare<[string]>("select 1 from tenant where tenant_id = ?");
  const dropNamesake = client.prepare<[string, string]>("delete from api_key where tenant_id = ? and id = ?");
  const dropLookalike = client.prepare<[string]>("delete from api_key where lookup = ?");
  const revoke = client.prepare<[Instant, string, string]>(
    "update api_key set revoked_at = ? where tenant_id = ? and id = ? and revoked_at is null",
  );
  const noteUse = client.prepare<[Instant, string, string, Instant]>(
    `update api_key set last_used_at = ? where tenant_id = ? and id = ? and (last_used_at is null or last_used_at <= ?)`,
  );

  function find(tenantId: string, keyId: string): ApiKey | null {
    const raw = select.get(tenantId, keyId);
    return raw === undefined ? null : reader.read(raw);
  }

  return {
    putKeys(items, now) {
      for (const item of items) {
        const present = find(item.tenantId, item.id);
        if (present !== null && isSameKey(present, item)) continue;
        dropNamesake.run(item.tenantId, item.id);
        dropLookalike.run(item.lookup);
        insert(newKeyRow(item, now));
        audit(createdKey(item), bySettings, now);
      }
    },
    putFirstKey(item, now) {
      if (anyKey.get() !== undefined) return false;
      insert(newKeyRow(item, now));
      audit(createdKey(item), bySettings, now);
      return true;
    },
    createKey(key, now, act) {
      if (hasTenant.get(key.tenantId) === undefined) return null;
      const row = newKeyRow(key, now);
      insert(row);
      audit(createdKey(key), act, now);
      return row;
    },
    revokeKey({ tenantId, keyId }, now, act) {
      if (revoke.run(now, tenantId, keyId).changes > 0) {
        audit({ tenantId, action: "key.revoked", subject: keyId }, act, now);
      }
      return find(tenantId, keyId);
    },
    noteKeyUse: ({ tenantId, keyId }, at) => void noteUse.run(at, tenantId, keyId, at - keyUseGrainMs),
  };
}
