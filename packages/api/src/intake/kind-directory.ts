// Which kinds of job may be submitted here: those this process knows, with their schemas, and those that another process has
// announced lately, whose schemas are checked where they run.
import type { AnnouncedKind, Clock, Kind, Kinds, KindStore } from "@ringback/core";

export interface KnownKind extends AnnouncedKind {
  /** Checks the input at intake; null when only another process can. */
  readonly admitInput: Kind["admitInput"] | null;
}

export interface KindDirectory {
  /** Null when no process has announced it lately. Rejects as the store does. */
  find(name: string): Promise<KnownKind | null>;
  /** Sorted; for what an answer says. */
  names(): readonly string[];
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
  let readAtMs = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | null = null;

  async function read(): Promise<void> {
    const startedMs = clock.monotonicMs();
    const found = await store.announced(clock.now() - believedMs);
    announced = new Map(found.map((one) => [one.kind, one]));
    readAtMs = startedMs;
  }

  const refresh = (): Promise<void> =>
    (reading ??= read().finally(() => {
      reading = null;
    }));

  return {
    async find(name) {
      const own = kinds.get(name);
      if (own !== undefined) {
        const { runTimeoutMs, maxRuns } = own;
        return { kind: name, runTimeoutMs, maxRuns, admitInput: (input) => own.admitInput(input) };
      }
      const ageMs = clock.monotonicMs() - readAtMs;
      if (ageMs >= (announced.has(name) ? acceptingMs : refusingMs)) await refresh();
      const elsewhere = announced.get(name);
      return elsewhere === undefined ? null : { ...elsewhere, admitInput: null };
    },
    names: () => [...new Set([...kinds.names, ...announced.keys()])].toSorted(),
  };
}
