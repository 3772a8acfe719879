// Writes signing secrets, sealed: an endpoint's own, and the tenant's callback secret with its rotation.
import type { Instant } from "@ringback/core";
import type { Ground } from "../ground.ts";
import { inserter } from "../rows.ts";
import { signingSecret } from "../schema.ts";
import { secretPlace, type SecretKey } from "../../secret-place.ts";

export interface SecretRows {
  /** Adds the owner's newest secret; the earlier ones that have no end yet get `overlapUntil`. */
  add(
    owner: Omit<SecretKey, "n">,
    secret: { readonly secret: string; readonly now: Instant; readonly overlapUntil: Instant },
  ): void;
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
  return {
    add({ tenantId, owner }, { secret, now, overlapUntil }) {
      retire.run(overlapUntil, overlapUntil, tenantId, owner);
      const n = (last.get(tenantId, owner) ?? 0) + 1;
      const sealed = sealing.seal(secret, secretPlace({ tenantId, owner, n }));
      insert({ tenantId, owner, n, sealed, createdAt: now });
    },
  };
}
