// Writes signing secrets, sealed: an endpoint's own, and the tenant's callback secret with its rotation.
import type { Instant, PublicKey } from "@ringback/core";
import type { Ground } from "../ground.ts";
import { inserter } from "../rows.ts";
import { signingSecret } from "../schema.ts";
import { secretPlace, type SecretKey } from "../../secret-place.ts";

export interface SecretRows {
  /** Adds the owner's newest secret; the earlier ones that have no end yet get `overlapUntil`. */
  add(
    owner: Omit<SecretKey, "n">,
    secret: {
      readonly secret: string;
      readonly publicKey?: string | null;
      readonly now: Instant;
      readonly overlapUntil: Instant;
    },
  ): void;
  /** The owner's public keys, the newest first. */
  publicKeys(owner: Omit<SecretKey, "n">): PublicKey[];
  /** Forgets all of the owner's secrets. */
  forget(owner: Omit<SecretKey, "n">): void;
}

export function createSecretRows(ground: Ground): SecretRows {
  const { client, sealing } = ground;
  const insert = inserter(client, signingSecret);
  const last = client
    .prepare<[string, string], number>(
      "select coalesce(max(n), 0) from signing_secret where tenant_id = ? and owner = ?",
    )
    .pluck();
  // An overlap that was promised longer than the new one asks for is shortened: rotating again is how to end it.
  const retire = client.prepare<[Instant, Instant, string, string]>(
    `update signing_secret set expires_at = min(coalesce(expires_at, ?), ?) where tenant_id = ? and owner = ?`,
  );
  const selectPublic = client.prepare<[string, string], PublicKey>(
    `select public_key as "publicKey", created_at as "createdAt", expires_at as "expiresAt" from signing_secret
     where tenant_id = ? and owner = ? and public_key is not null order by n desc`,
  );
  const forget = client.prepare<[string, string]>(
    "delete from signing_secret where tenant_id = ? and owner = ?",
  );
  return {
    publicKeys: ({ tenantId, owner }) => selectPublic.all(tenantId, owner),
    forget: ({ tenantId, owner }) => void forget.run(tenantId, owner),
    add({ tenantId, owner }, { secret, publicKey = null, now, overlapUntil }) {
      retire.run(overlapUntil, overlapUntil, tenantId, owner);
      const n = (last.get(tenantId, owner) ?? 0) + 1;
      const sealed = sealing.seal(secret, secretPlace({ tenantId, owner, n }));
      insert({ tenantId, owner, n, sealed, createdAt: now, publicKey });
    },
  };
}
