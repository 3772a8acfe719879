// Decides who is calling: finds the key of the Authorization header and compares it. What the key may do is routes/mount.ts.
import { hash, timingSafeEqual } from "node:crypto";
import {
  keyUseGrainMs,
  parseApiKey,
  type ApiKey,
  type Clock,
  type Instant,
  type KnownKey,
  type Log,
  type Scope,
  type TenantStore,
} from "@ringback/core";
import type { FailedAuthentications } from "../admission/failed-authentications.ts";
import { isRefusal, refusal, type Refusal } from "../problems/refusal.ts";

export interface Identity {
  readonly tenantId: string;
  readonly keyId: string;
  readonly scopes: readonly Scope[];
  /** Its tenant's own limit; null for the installation's. */
  readonly requestsPerMinute: number | null;
}

export interface Authenticator {
  /** Whose key it is when it was found to be good within the last two seconds; null when it has to be looked up. */
  known(authorization: string | undefined, url: string): Identity | null;
  /** Rejects only as the store does. `peer` is the address the request came from, if that is known. */
  identify(authorization: string | undefined, url: string, peer: string | null): Promise<Identity | Refusal>;
  /** The key has been revoked here: from now on this process takes it for nothing without looking it up. */
  forget(keyId: string): void;
}

export interface AuthenticatorDeps {
  readonly tenants: Pick<TenantStore, "findKey" | "noteKeyUse">;
  readonly clock: Clock;
  readonly log: Log;
  readonly failures: FailedAuthentications;
}

interface Verified {
  readonly identity: Identity;
  readonly keyExpiresAt: Instant;
  readonly verifiedAtMs: number;
}

/** How long a key may still work here that was revoked in another process. */
const cachedMs = 2_000;
const cachedMax = 10_000;
const bearer = /^bearer +(\S+) *$/i;

export function createAuthenticator(deps: AuthenticatorDeps): Authenticator {
  const { tenants, clock, log, failures } = deps;
  /** By the SHA-256 of the key, so that no key is kept in memory and no comparison depends on a secret. */
  const verified = new Map<string, Verified>();
  let timesForgotten = 0;

  const remember = (digest: string, key: KnownKey): Identity => {
    const identity = identityOf(key);
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

  /** One that is no longer fresh stays known as having been good, until it is found not to be. */
  const recall = (digest: string): Identity | null => {
    const known = verified.get(digest);
    if (known === undefined) return null;
    const isFresh = clock.monotonicMs() - known.verifiedAtMs < cachedMs && clock.now() < known.keyExpiresAt;
    return isFresh ? known.identity : null;
  };

  /** Not waited for: a request never costs a write. What cannot be noted now is noted with a later use. */
  const noteUse = ({ tenantId, id: keyId, lastUsedAt }: ApiKey): void => {
    const now = clock.now();
    if (lastUsedAt !== null && now - lastUsedAt < keyUseGrainMs) return;
    tenants.noteKeyUse({ tenantId, keyId }, now).catch((thrown: unknown) => {
      log.debug("key_use_not_noted", { errorName: thrown instanceof Error ? thrown.name : typeof thrown });
    });
  };

  /** Whose the key is, or what is wrong with it. */
  const lookUp = async (text: string, digest: string): Promise<Identity | Refusal> => {
    const parsed = parseApiKey(text);
    if (parsed === null)
      return unauthenticated(
        "The key does not have the form of a Ringback key, `rb_live_` and 51 characters; it may have been cut.",
      );
    const forgottenBefore = timesForgotten;
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
    noteUse(key);
    // What was read before a key was revoked is not remembered beyond it.
    return forgottenBefore === timesForgotten ? remember(digest, key) : identityOf(key);
  };

  const identifyKey = async (text: string, peer: string | null): Promise<Identity | Refusal> => {
    const digest = hash("sha256", text, "hex");
    const known = recall(digest);
    if (known !== null) return known;
    const refused = verified.has(digest) ? null : failures.refused(peer);
    if (refused !== null) return refused;
    const identity = await lookUp(text, digest);
    if (isRefusal(identity)) {
      verified.delete(digest);
      failures.failed(peer);
    }
    return identity;
  };

  return {
    known(authorization, url) {
      if (authorization === undefined || hasKeyInQuery(url)) return null;
      const text = bearer.exec(authorization)?.[1];
      return text === undefined ? null : recall(hash("sha256", text, "hex"));
    },
    async identify(authorization, url, peer) {
      if (hasKeyInQuery(url))
        return unauthenticated(
          "A key in a query string is refused; it belongs in the Authorization header. Replace this key: URLs end up in logs.",
        );
      if (authorization === undefined)
        return unauthenticated("There is no Authorization header; send `Authorization: Bearer rb_live_…`.");
      const text = bearer.exec(authorization)?.[1];
      if (text === undefined)
        return unauthenticated("The Authorization header is not `Bearer` followed by one key.");
      return identifyKey(text, peer);
    },
    forget(keyId) {
      timesForgotten += 1;
      for (const [digest, { identity }] of verified) if (identity.keyId === keyId) verified.delete(digest);
    },
  };
}

function identityOf({ tenantId, id: keyId, scopes, limits }: KnownKey): Identity {
  return { tenantId, keyId, scopes, requestsPerMinute: limits.requestsPerMinute };
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
