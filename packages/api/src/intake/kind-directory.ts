// Which kinds of job may be submitted here: those this process knows, with their schemas, and those that another process has
// announced lately, whose schemas are checked where they run, and for each tenant those its own programs ask leases for.
import {
  readLeasedKind,
  type AnnouncedKind,
  type Clock,
  type Kind,
  type Kinds,
  type KindStore,
} from "@ringback/core";

export interface KnownKind extends AnnouncedKind {
  /** Checks the input at intake; null when only another process can. */
  readonly admitInput: Kind["admitInput"] | null;
}

export interface KindDirectory {
  /** Null when nobody has announced it lately, as far as this tenant goes. Rejects as the store does. */
  find(tenantId: string, name: string): Promise<KnownKind | null>;
  /** Sorted; for what an answer to this tenant says. */
  names(tenantId: string): readonly string[];
}

export interface KindDirectoryDeps {
  readonly kinds: Kinds;
  readonly store: KindStore;
  readonly clock: Clock;
}

/** How long an announcement is believed: as long as a job of a kind that nobody knows would wait for a process that does. */
const believedMs = 600_000;
/** How old what was read may be to accept by it, and to refuse by it: an unknown kind costs one read a second at most. */
const acceptingMs = 5_000;
const refusingMs = 1_000;

export function createKindDirectory({ kinds, store, clock }: KindDirectoryDeps): KindDirectory {
  let announced: ReadonlyMap<string, AnnouncedKind> = new Map();
  let leased: ReadonlyMap<string, ReadonlyMap<string, AnnouncedKind>> = new Map();
  let readAtMs = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | null = null;

  async function read(): Promise<void> {
    const startedMs = clock.monotonicMs();
    const found = await store.announced(clock.now() - believedMs);
    announced = new Map(found.flatMap((one) => (readLeasedKind(one.kind) === null ? [[one.kind, one]] : [])));
    leased = byTenant(found);
    readAtMs = startedMs;
  }

  /** What a process runs goes before what a tenant's programs only say they work. */
  const elsewhereOf = (tenantId: string, name: string): AnnouncedKind | undefined =>
    announced.get(name) ?? leased.get(tenantId)?.get(name);

  const refresh = (): Promise<void> =>
    (reading ??= read().finally(() => {
      reading = null;
    }));

  return {
    async find(tenantId, name) {
      const own = kinds.get(name);
      if (own !== undefined) {
        const { runTimeoutMs, maxRuns } = own;
        return { kind: name, runTimeoutMs, maxRuns, admitInput: (input) => own.admitInput(input) };
      }
      const ageMs = clock.monotonicMs() - readAtMs;
      if (ageMs >= (elsewhereOf(tenantId, name) ? acceptingMs : refusingMs)) await refresh();
      const elsewhere = elsewhereOf(tenantId, name);
      return elsewhere === undefined ? null : { ...elsewhere, admitInput: null };
    },
    names(tenantId) {
      const own = leased.get(tenantId)?.keys() ?? [];
      return [...new Set([...kinds.names, ...announced.keys(), ...own])].toSorted();
    },
  };
}

function byTenant(found: readonly AnnouncedKind[]): Map<string, Map<string, AnnouncedKind>> {
  const tenants = new Map<string, Map<string, AnnouncedKind>>();
  for (const one of found) {
    const leased = readLeasedKind(one.kind);
    if (leased === null) continue;
    const { tenantId, kind } = leased;
    const ofTenant = tenants.get(tenantId) ?? new Map<string, AnnouncedKind>();
    tenants.set(tenantId, ofTenant.set(kind, { ...one, kind }));
  }
  return tenants;
}
