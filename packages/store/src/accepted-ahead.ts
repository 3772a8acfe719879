// How many jobs of a list would have been accepted before the next one, so that all of it is judged before any is accepted.

export interface AcceptedAhead {
  of(tenantId: string): number;
  /** Of all tenants together. */
  readonly all: number;
  add(tenantId: string): void;
}

export function createAcceptedAhead(): AcceptedAhead {
  const byTenant = new Map<string, number>();
  let all = 0;
  return {
    of: (tenantId) => byTenant.get(tenantId) ?? 0,
    get all() {
      return all;
    },
    add(tenantId) {
      byTenant.set(tenantId, (byTenant.get(tenantId) ?? 0) + 1);
      all += 1;
    },
  };
}
