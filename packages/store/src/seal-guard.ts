// While something stored is sealed with a master key that is not here, nothing new is sealed: whoever has the wrong key must
// not add what only the wrong key opens. The same for every dialect.
import { StoreUnavailable, type Acceptance, type SealLook, type Store } from "@ringback/core";
import { SealBroken } from "./sealing.ts";

export interface SealGuard {
  /** What the last look has found. */
  note(look: SealLook): void;
  /** Throws StoreUnavailable when a key is missing. */
  requireAll(): void;
}

export function createSealGuard(): SealGuard {
  let missing: readonly string[] = [];
  return {
    note: (look) => void (missing = look.missing),
    requireAll() {
      if (missing.length === 0) return;
      const named = missing.join(", ");
      const message = `Nothing is sealed while the master key ${named} is missing, with which stored values are sealed.`;
      throw new StoreUnavailable("other_key", message);
    },
  };
}

type Guarded = Pick<Store, "intake" | "support"> & {
  readonly tenants: Pick<Store["tenants"], "createTenant" | "rotateCallbackSecret">;
};

/**
 * The same verbs, of which those that seal something ask the guard first. `ensureTenant` seals only where there is no tenant
 * yet, and so nothing that is sealed.
 */
export function guardSeals<Verbs extends Guarded>(verbs: Verbs, guard: SealGuard): Verbs {
  const { intake, support, tenants } = verbs;
  const requireFor = (items: readonly Pick<Acceptance, "job">[]): void => {
    if (items.some(sealsSomething)) guard.requireAll();
  };
  return {
    ...verbs,
    intake: {
      ...intake,
      async acceptJobs(items, now) {
        requireFor(items);
        return intake.acceptJobs(items, now);
      },
      async acceptTogether(items, now) {
        requireFor(items);
        return intake.acceptTogether(items, now);
      },
    },
    support: {
      ...support,
      async createEndpoints(items, now, act) {
        guard.requireAll();
        return support.createEndpoints(items, now, act);
      },
      async changeEndpoint(key, asked, act) {
        if (asked.secret !== null || asked.change.headers !== undefined) guard.requireAll();
        return support.changeEndpoint(key, asked, act);
      },
      async rotateEndpointSecret(key, rotation, act) {
        guard.requireAll();
        return support.rotateEndpointSecret(key, rotation, act);
      },
    },
    tenants: {
      ...tenants,
      async createTenant(tenant, now, act) {
        guard.requireAll();
        return tenants.createTenant(tenant, now, act);
      },
      async rotateCallbackSecret(tenantId, rotation) {
        guard.requireAll();
        return tenants.rotateCallbackSecret(tenantId, rotation);
      },
    },
  };
}

/** A job has something sealed when its callback brings headers or a secret of its own. */
function sealsSomething({ job: { callback } }: Pick<Acceptance, "job">): boolean {
  if (callback === null || !("url" in callback)) return false;
  return callback.secret !== null || Object.keys(callback.headers).length > 0;
}

/** What does not open because its key is not here is nobody's mistake; null for anything else that was thrown. */
export function asSealedElsewhere(thrown: unknown): StoreUnavailable | null {
  const isElsewhere = thrown instanceof SealBroken && thrown.code === "other_key";
  return isElsewhere ? new StoreUnavailable("other_key", thrown.message, { cause: thrown }) : null;
}
