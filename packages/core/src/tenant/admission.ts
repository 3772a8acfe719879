// Whether one more job may be accepted: the tenant's own quota, and the backlog of the whole installation.

export interface Admission {
  /** The most unfinished jobs of a tenant that has no limit of its own. */
  readonly unfinishedMax: number;
  /** The most unfinished jobs of all tenants together. */
  readonly backlogMax: number;
}

export type NotAdmitted =
  /** The tenant has as many unfinished jobs as it may have. */
  | { readonly kind: "over_quota"; readonly unfinishedMax: number }
  /** All tenants together have as many as the installation takes on. */
  | { readonly kind: "overloaded" };

/** Null when the job may be accepted. The tenant's own limit is told first, since waiting for others would not help. */
export function notAdmitted(
  admission: Admission,
  found: {
    readonly unfinished: number;
    /** The tenant's own limit; null when it has none. */
    readonly unfinishedMax: number | null;
    readonly backlog: number;
  },
): NotAdmitted | null {
  const unfinishedMax = found.unfinishedMax ?? admission.unfinishedMax;
  if (found.unfinished >= unfinishedMax) return { kind: "over_quota", unfinishedMax };
  return found.backlog >= admission.backlogMax ? { kind: "overloaded" } : null;
}
