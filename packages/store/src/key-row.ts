// The row of a new key, and what the audit says of it: the same for every dialect.
import type { ApiKey, Instant, NewApiKey } from "@ringback/core";
import type { Done } from "./audit-row.ts";

export function newKeyRow(key: NewApiKey, createdAt: Instant): ApiKey {
  const { tenantId, id, lookup, hash, scopes, expiresAt, description = null } = key;
  const unused = { revokedAt: null, lastUsedAt: null };
  return { tenantId, id, lookup, hash, scopes, description, createdAt, expiresAt, ...unused };
}

export function createdKey({ tenantId, id, scopes, expiresAt, description = null }: NewApiKey): Done {
  return { tenantId, action: "key.created", subject: id, details: { scopes, expiresAt, description } };
}

/** True when putting `key` would change nothing about `present`. */
export function isSameKey(present: ApiKey, key: NewApiKey): boolean {
  return (
    present.lookup === key.lookup &&
    present.hash === key.hash &&
    present.expiresAt === key.expiresAt &&
    present.revokedAt === null &&
    JSON.stringify(present.scopes) === JSON.stringify(key.scopes)
  );
}
