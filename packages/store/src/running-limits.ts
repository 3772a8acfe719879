// Remembers which runs count against a limit, so that the end of one rings for a job that the limit held back.
//
// Whoever claims a run learns of its tenant's and its kind's limits, and ends the run as well, so a process's own memory is enough.
import type { RunStore } from "@ringback/core";

type Limits = Pick<Parameters<RunStore["claim"]>[0], "tenantRunningMax" | "kindRunningMax">;

export interface RunningLimits {
  /** What the present claim was given. */
  claimedWith(limits: Limits): void;
  /** The tenant has a limit of its own. */
  tenantHasLimit(tenantId: string): void;
  /** True when the end of this run may make room for another. */
  concern(run: { readonly tenantId: string; readonly kind: string }): boolean;
}

/** Forgetting costs a sweep's time once, and no job. */
const tenantsMax = 10_000;

export function createRunningLimits(): RunningLimits {
  const tenants = new Set<string>();
  let given: Limits = {};
  return {
    claimedWith: (limits) => void (given = limits),
    tenantHasLimit(tenantId) {
      if (tenants.size >= tenantsMax) tenants.clear();
      tenants.add(tenantId);
    },
    concern: ({ tenantId, kind }) =>
      given.tenantRunningMax !== undefined ||
      given.kindRunningMax?.[kind] !== undefined ||
      tenants.has(tenantId),
  };
}
