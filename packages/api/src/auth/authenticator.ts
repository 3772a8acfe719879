// Decides who is calling: finds the key of the Authorization header and compares it. What the key may do is routes/mount.ts.
import { hash, timingSafeEqual } from "node:crypto";
import {
  parseApiKey,
  type ApiKey,
  type Clock,
  type Instant,
  type Scope,
  type TenantStore,
} from "@ringback/core";
import { refusal, type Refusal } from "../problems/refusal.ts";

export interface Identity {
  readonly tenantId: string;
  readonly keyId: string;
  readonly scopes: readonly Scope[];
}

export interface Authenticator {
  /** Rejects only as the store does. */
  identify(authorization: string | undefined, url: string): Promise<Identity | Refusal>;
}

export interface AuthenticatorDeps {
  readonly tenants: Pick<TenantStore, "findKey">;
  readonly clock: Clock;
}

interface Verified {
  readonly identity: Identity;
  readonly keyExpiresAt: Instant;
  readonly verifiedAtMs: number;
}

/** How long a revoked key may still work. */
const cachedMs = 2_000;
const cachedMax = 10_000;
const bearer = /^bearer +(\S+) *$/i;

export function createAuthenticator({ tenants, clock }: AuthenticatorDeps): Authenticator {
  /** By the SHA-256 of the key, so that no key is kept in memory and no comparison depends on a secret. */
  const verified = new Map<string, Verified>();

  const remember = (digest: string, key: ApiKey): Identity => {
    const identity = { tenantId: key.tenantId, keyId: key.id, scopes: key.scopes };
    if (verified.size >= cachedMax) {
      const [oldest] = verified.keys();
      if (oldest !== undefined) verified.delete(oldest);
    }
    verified.set(digest, {
      identity,
      keyExpiresAt: key.expiresAt ?? Number.POSITIVE_INFINITY,
      verifiedAtMs: clock.monotonicMs(),
    });
    return identity;
  };

  const recall = (digest: string): Identity | null => {
    const known = verified.get(digest);
    if (known === undefined) return null;
    if (clock.monotonicMs() - known.verifiedAtMs < cachedMs && clock.now() < known.keyExpiresAt)
      return known.identity;
    verified.delete(digest);
    return null;
  };

  return {
    async identify(authorization, url) {
      if (hasKeyInQuery(url))
        return unauthenticated(
          "A key in a query string is refused; it belongs in the Authorization header. Replace this key: URLs end up in logs.",
        );
      if (authorization === undefined)
        return unauthenticated("There is no Authorization header; send `Authorization: Bearer rb_live_…`.");
      const text = bearer.exec(authorization)?.[1];
      if (text === undefined)
        return unauthenticated("The Authorization header is not `Bearer` followed by one key.");
      const digest = hash("sha256", text, "hex");
      const known = recall(digest);
      if (known !== null) return known;
      const parsed = parseApiKey(text);
      if (parsed === null)
        return unauthenticated(
          "The key does not have the form of a Ringback key, `rb_live_` and 51 characters; it may have been cut.",
        );
      const key = await tenants.findKey(parsed.lookup);
      if (key === null || !isEqual(key.hash, digest)) {
        return unauthenticated(
          parsed.checksumHolds
            ? "The key is well formed and unknown here."
            : "The key was mistyped or cut: its checksum does not hold.",
        );
      }
      const now = clock.now();
      if (key.revokedAt !== null && key.revokedAt <= now) return unauthenticated("The key has been revoked.");
      if (key.expiresAt !== null && key.expiresAt <= now) return unauthenticated("The key has expired.");
      return remember(digest, key);
    },
  };
}

/** True when the key may do what the scope stands for; `admin` may do everything. */
export function hasScope(identity: Identity, scope: Scope): boolean {
  return identity.scopes.includes(scope) || identity.scopes.includes("admin");
}

export function unauthenticated(detail: string): Refusal {
  return refusal("unauthenticated", detail, { headers: { "www-authenticate": "Bearer" } });
}

function hasKeyInQuery(url: string): boolean {
  const query = url.indexOf("?");
  return query !== -1 && url.includes("rb_live_", query);
}

function isEqual(stored: string, computed: string): boolean {
  const left = Buffer.from(stored, "hex");
  const right = Buffer.from(computed, "hex");
  return left.length === right.length && timingSafeEqual(left, right);
}
