// Makes sure there is somebody to talk to: the tenant `default`, its callback secret, and a key with admin rights.
import { createHash } from "node:crypto";
import {
  makeApiKey,
  makeId,
  parseApiKey,
  type Clock,
  type Log,
  type NewApiKey,
  type Random,
  type TenantStore,
} from "@ringback/core";
import { makeSecret } from "@ringback/signature";

export const defaultTenantId = "default";

/** The setting's key has one row, whatever its value: a key that was replaced opens nothing any more. */
const rootKeyId = `key_${"0".repeat(26)}`;

export interface FirstStartDeps {
  readonly tenants: TenantStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** What is shown once, on standard output, and never again. */
export interface FirstStart {
  readonly apiKey: string | null;
  readonly callbackSecret: string | null;
}

export async function firstStart(deps: FirstStartDeps, rootKey: string | null): Promise<FirstStart> {
  const { tenants, clock, random, log } = deps;
  const callbackSecret = makeSecret((count) => random.bytes(count));
  const isNew = await tenants.ensureTenant({ id: defaultTenantId, callbackSecret }, clock.now());
  const shown = { callbackSecret: isNew ? callbackSecret : null };
  if (rootKey === null) {
    const apiKey = makeApiKey(random);
    const item = adminKey(apiKey, makeId("key", clock.now(), random));
    const isFirst = await tenants.putFirstKey(item, clock.now());
    return { ...shown, apiKey: isFirst ? apiKey : null };
  }
  await tenants.putKeys([adminKey(rootKey, rootKeyId)], clock.now());
  if (parseApiKey(rootKey)?.checksumHolds === false) {
    log.warn("root_key_checksum", {
      reason: "RINGBACK_ROOT_KEY works, but its last six characters are not the CRC32 of its secret",
    });
  }
  return { ...shown, apiKey: null };
}

function adminKey(key: string, id: string): NewApiKey {
  const lookup = parseApiKey(key)?.lookup;
  if (lookup === undefined) throw new Error("an API key without its form reached the first start");
  const hash = createHash("sha256").update(key).digest("hex");
  return { tenantId: defaultTenantId, id, lookup, hash, scopes: ["admin"], expiresAt: null };
}
