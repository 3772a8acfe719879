// Writes signing secrets, sealed: an endpoint's own, and the tenant's callback secret with its rotation.
import type { Instant, PublicKey } from "@ringback/core";
import { secretPlace, type SecretKey } from "../../secret-place.ts";
import type { Ground } from "../ground.ts";
import { inserter } from "../rows.ts";
import { signingSecret } from "../schema.ts";

const insertSecrets = inserter(signingSecret);
// An overlap that was promised longer than the new one asks for is shortened: rotating again is how to end it.
const retire = `update signing_secret as t set expires_at = least(t.expires_at, $1)
  where t.tenant_id = $2 and t.owner = $3`;
const lockOwner = "select pg_advisory_xact_lock(hashtextextended($1, 724612))";
const last = "select coalesce(max(n), 0) as n from signing_secret where tenant_id = $1 and owner = $2";

/** Adds the owner's newest secret; the earlier ones get `overlapUntil`, unless they end before. */
export async function addSecret(
  { transaction, sealing }: Ground,
  { tenantId, owner }: Omit<SecretKey, "n">,
  {
    secret,
    publicKey = null,
    now,
    overlapUntil,
  }: {
    readonly secret: string;
    readonly publicKey?: string | null;
    readonly now: Instant;
    readonly overlapUntil: Instant;
  },
): Promise<void> {
  transaction.mark();
  // Two rotations at once would both take the same number.
  transaction.send(lockOwner, [`${owner} ${tenantId}`]);
  transaction.send(retire, [overlapUntil, tenantId, owner]);
  const [row] = await transaction.ask<{ n: number }>(last, [tenantId, owner]);
  const n = (row?.n ?? 0) + 1;
  const sealed = sealing.seal(secret, secretPlace({ tenantId, owner, n }));
  transaction.send(insertSecrets.text, [
    insertSecrets.spell([{ tenantId, owner, n, sealed, createdAt: now, publicKey }]),
  ]);
}

const selectPublic = `select public_key as "publicKey", created_at as "createdAt", expires_at as "expiresAt"
  from signing_secret where tenant_id = $1 and owner = $2 and public_key is not null order by n desc`;

/** The owner's public keys, the newest first. */
export function publicKeysOf(
  { transaction }: Ground,
  { tenantId, owner }: Omit<SecretKey, "n">,
): Promise<PublicKey[]> {
  return transaction.ask<PublicKey>(selectPublic, [tenantId, owner]);
}

/** Forgets all of the owner's secrets. */
export function forgetSecrets({ transaction }: Ground, { tenantId, owner }: Omit<SecretKey, "n">): void {
  transaction.send("delete from signing_secret where tenant_id = $1 and owner = $2", [tenantId, owner]);
}
