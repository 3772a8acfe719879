// How a key is spelled: never its secret half, except once, by the answer that makes it.
import { formatInstant, type ApiKey, type Instant } from "@ringback/core";

/** With `key`, the whole of it, which only the answer that makes it shows. */
export function keyJson(apiKey: ApiKey, now: Instant, key?: string): string {
  const { tenantId, id, lookup, scopes, description, createdAt, expiresAt, revokedAt, lastUsedAt } = apiKey;
  const self = `/v1/keys/${id}`;
  return JSON.stringify({
    id,
    tenantId,
    /** What a key found somewhere can be recognized by. */
    prefix: `rb_live_${lookup}`,
    scopes,
    ...(description === null ? {} : { description }),
    status: statusOf(apiKey, now),
    createdAt: formatInstant(createdAt),
    ...when("expiresAt", expiresAt),
    ...when("revokedAt", revokedAt),
    ...when("lastUsedAt", lastUsedAt),
    ...(key === undefined ? {} : { key }),
    links: { self, revoke: `${self}/revoke` },
  });
}

function statusOf({ expiresAt, revokedAt }: ApiKey, now: Instant): "active" | "expired" | "revoked" {
  if (revokedAt !== null) return "revoked";
  return expiresAt !== null && expiresAt <= now ? "expired" : "active";
}

function when(name: string, instant: Instant | null): Readonly<Record<string, string>> {
  return instant === null ? {} : { [name]: formatInstant(instant) };
}
