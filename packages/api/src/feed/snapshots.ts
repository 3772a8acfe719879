// Keeps for a short while what was read for each tenant, so that any number of answers costs one read in that time.
import type { Clock } from "@ringback/core";

export interface Snapshots<Value> {
  /** A fresh one; null when it cannot be read. Callers at the same time share one read. */
  read(tenantId: string): Promise<Value | null>;
  /** The last one, however old, or null; has a fresh one read when it is due. */
  peek(tenantId: string): Value | null;
}

export interface SnapshotsOptions<Value> {
  readonly read: (tenantId: string) => Promise<Value>;
  readonly freshMs: number;
  /** Most tenants kept; the one that was read longest ago goes first. */
  readonly keptMax: number;
  readonly clock: Clock;
}

interface Kept<Value> {
  readonly value: Value | null;
  readonly readAtMs: number;
}

export function createSnapshots<Value>(options: SnapshotsOptions<Value>): Snapshots<Value> {
  const { read, freshMs, keptMax, clock } = options;
  const kept = new Map<string, Kept<Value>>();
  const reading = new Map<string, Promise<Value | null>>();

  async function readNow(tenantId: string): Promise<Value | null> {
    const readAtMs = clock.monotonicMs();
    // What could not be read is not tried again at once either.
    const value = await read(tenantId).catch(() => null);
    reading.delete(tenantId);
    kept.delete(tenantId);
    kept.set(tenantId, { value, readAtMs });
    if (kept.size > keptMax) {
      const [oldest] = kept.keys();
      if (oldest !== undefined) kept.delete(oldest);
    }
    return value;
  }

  function begin(tenantId: string): Promise<Value | null> {
    const begun = reading.get(tenantId) ?? readNow(tenantId);
    reading.set(tenantId, begun);
    return begun;
  }

  const isFresh = (one: Kept<Value> | undefined): one is Kept<Value> =>
    one !== undefined && clock.monotonicMs() - one.readAtMs < freshMs;

  return {
    async read(tenantId) {
      const last = kept.get(tenantId);
      return isFresh(last) ? last.value : begin(tenantId);
    },
    peek(tenantId) {
      const last = kept.get(tenantId);
      if (!isFresh(last)) void begin(tenantId);
      return last?.value ?? null;
    },
  };
}
