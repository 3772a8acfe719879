// How the kinds that are worked over leases stand among the announced ones: under a name that holds the tenant and can be no
// kind's own, so that what one tenant's programs ask for says nothing about any other tenant's jobs.
export interface LeasedKind {
  readonly tenantId: string;
  readonly kind: string;
}

const spelling = /^@(.+) (\S+)$/s;

export function spellLeasedKind({ tenantId, kind }: LeasedKind): string {
  return `@${tenantId} ${kind}`;
}

/** Null for a kind that a process of ours has announced. */
export function readLeasedKind(announced: string): LeasedKind | null {
  const [, tenantId, kind] = spelling.exec(announced) ?? [];
  return tenantId === undefined || kind === undefined ? null : { tenantId, kind };
}
