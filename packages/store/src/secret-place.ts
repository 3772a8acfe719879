// Where a signing secret lies, for its seal: one spelling for those who write it and those who read it.
import type { SealedPlace } from "./sealing.ts";

export interface SecretKey {
  readonly tenantId: string;
  /** An endpoint's id, or `callbackOwner`. */
  readonly owner: string;
  readonly n: number;
}

/** Owns the tenant's own callback secrets. */
export const callbackOwner = "callback";

export function secretPlace({ tenantId, owner, n }: SecretKey): SealedPlace {
  return { tenantId, table: "signing_secret", rowId: `${owner}/${n}`, column: "sealed" };
}
