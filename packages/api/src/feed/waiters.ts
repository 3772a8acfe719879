// Requests that wait for a commit: woken by the store's changes, by their deadline or by the drain. One subscription and one
// timer serve all of them, and one look in batches finds what no change told.
import type { Change, Changes, Clock } from "@ringback/core";
import { createRelook, type RelookDeps } from "./relook.ts";
import { topicKey, type Topic } from "./topic.ts";

export type Waking = "changed" | "timed_out" | "draining" | "aborted";

/** Somebody who has begun to listen. Changes that come between two calls of `next` are not lost. */
export interface Waiter {
  /**
   * Resolves at once when something has changed since the last call (or since the waiter was made). `seen` is what the caller
   * has read: the job's version, or the `seq` of the last event; a look that finds a later one counts as a change.
   */
  next(waitMs: number, seen: number): Promise<Waking>;
  /** Forgets the waiter; a pending `next` resolves as `aborted`. */
  end(): void;
}

export interface Waiters {
  /** Null when as many are waiting as are allowed, in all or for this tenant. Call it before reading what is waited for. */
  join(topic: Topic): Waiter | null;
  readonly size: number;
  /** From now on nobody waits: those who do are woken. */
  drain(): void;
}

export interface WaitersDeps {
  readonly changes: Changes;
  readonly reads: RelookDeps["reads"];
  readonly clock: Clock;
  readonly relookMs: number;
  readonly waitersMax: number;
  readonly waitersPerTenantMax: number;
}

/** Deadlines are rounded up to this, so that thousands of waiters share a few dozen instants. */
const stepMs = 250;

export function createWaiters(deps: WaitersDeps): Waiters {
  const { changes, clock } = deps;
  const byTopic = new Map<string, { readonly topic: Topic; readonly entries: Set<Entry> }>();
  const perTenant = new Map<string, number>();
  const deadlines = createDeadlines(clock);
  let size = 0;
  let isDraining = false;
  let unsubscribe: (() => void) | null = null;
  const relook = createRelook({
    reads: deps.reads,
    clock,
    everyMs: deps.relookMs,
    topics: () => [...byTopic.values()].map(({ topic }) => topic),
    found(topic, mark) {
      for (const entry of byTopic.get(topicKey(topic))?.entries ?? []) entry.compare(mark);
    },
  });

  const hear = (heard: readonly Change[]): void => {
    for (const key of new Set(heard.map(keyOf))) {
      for (const entry of byTopic.get(key)?.entries ?? []) entry.wake("changed");
    }
  };
  const count = (tenantId: string, by: 1 | -1): void => {
    size += by;
    const left = (perTenant.get(tenantId) ?? 0) + by;
    if (left === 0) perTenant.delete(tenantId);
    else perTenant.set(tenantId, left);
    if (size > 0) {
      unsubscribe ??= changes.subscribe(hear);
      if (!isDraining) relook.start();
    } else {
      unsubscribe?.();
      unsubscribe = null;
      relook.stop();
    }
  };

  return {
    join(topic) {
      const { tenantId } = topic;
      if (size >= deps.waitersMax || (perTenant.get(tenantId) ?? 0) >= deps.waitersPerTenantMax) return null;
      const key = topicKey(topic);
      const entry = new Entry(deadlines);
      const shared = byTopic.get(key) ?? { topic, entries: new Set() };
      const { entries } = shared;
      byTopic.set(key, shared);
      entries.add(entry);
      count(tenantId, 1);
      return {
        next: (waitMs, seen) => (isDraining ? Promise.resolve("draining") : entry.next(waitMs, seen)),
        end() {
          if (!entries.delete(entry)) return;
          if (entries.size === 0 && byTopic.get(key) === shared) byTopic.delete(key);
          count(tenantId, -1);
          entry.wake("aborted");
        },
      };
    },
    get size() {
      return size;
    },
    drain() {
      isDraining = true;
      relook.stop();
      for (const { entries } of byTopic.values()) for (const entry of entries) entry.wake("draining");
    },
  };
}

function keyOf(change: Change): string {
  return topicKey(change.kind === "event" ? { tenantId: change.tenantId } : change);
}

/** One waiter's state: the promise it hangs on, or the change it has not asked about yet. */
class Entry {
  readonly #deadlines: Deadlines;
  #resolve: ((waking: Waking) => void) | null = null;
  #hasChanged = false;
  #slot = 0;
  #seen = 0;

  constructor(deadlines: Deadlines) {
    this.#deadlines = deadlines;
  }

  next(waitMs: number, seen: number): Promise<Waking> {
    this.#seen = seen;
    if (this.#hasChanged) {
      this.#hasChanged = false;
      return Promise.resolve("changed");
    }
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.#slot = this.#deadlines.add(this, waitMs);
    });
  }

  /** What a look has found; null when there is nothing any more. */
  compare(mark: number | null): void {
    if (this.#resolve !== null && (mark === null || mark > this.#seen)) this.wake("changed");
  }

  wake(waking: Waking): void {
    const resolve = this.#resolve;
    if (resolve === null) {
      this.#hasChanged ||= waking === "changed";
      return;
    }
    this.#resolve = null;
    this.#deadlines.remove(this, this.#slot);
    resolve(waking);
  }
}

interface Deadlines {
  /** The slot to remove it from again. */
  add(entry: Entry, waitMs: number): number;
  remove(entry: Entry, slot: number): void;
}

/** Entries by the step in which they end, and one timer for the earliest step. */
function createDeadlines(clock: Clock): Deadlines {
  const slots = new Map<number, Set<Entry>>();
  let armed: { readonly slot: number; readonly forget: () => void } | null = null;

  const arm = (): void => {
    const earliest = slots.size === 0 ? null : Math.min(...slots.keys());
    if (armed?.slot === earliest) return;
    armed?.forget();
    armed =
      earliest === null
        ? null
        : { slot: earliest, forget: clock.after(Math.max(0, earliest * stepMs - clock.monotonicMs()), ring) };
  };
  const ring = (): void => {
    armed = null;
    const nowMs = clock.monotonicMs();
    for (const [slot, entries] of slots) {
      if (slot * stepMs > nowMs) continue;
      slots.delete(slot);
      for (const entry of entries) entry.wake("timed_out");
    }
    arm();
  };
  return {
    add(entry, waitMs) {
      const slot = Math.ceil((clock.monotonicMs() + waitMs) / stepMs);
      slots.set(slot, (slots.get(slot) ?? new Set()).add(entry));
      arm();
      return slot;
    },
    remove(entry, slot) {
      const entries = slots.get(slot);
      if (entries?.delete(entry) !== true || entries.size > 0) return;
      slots.delete(slot);
      arm();
    },
  };
}
