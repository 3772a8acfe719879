// Announces the kinds that leases are asked for, so that jobs which only somebody outside works may be submitted, and are not
// failed for a kind that nobody knows.
import {
  outsideHolders,
  runTimeoutDefaultMs,
  spellLeasedKind,
  type Clock,
  type Instant,
  type KindStore,
  type Random,
} from "@ringback/core";

export interface LeasedKinds {
  /** Somebody of the tenant works these kinds. Rejects as the store does. */
  worked(tenantId: string, kinds: readonly string[]): Promise<void>;
}

export interface LeasedKindsDeps {
  readonly store: Pick<KindStore, "announce">;
  readonly clock: Clock;
  readonly random: Random;
}

interface Board {
  /** When each kind was last worked, on the monotonic clock. */
  readonly kinds: Map<string, Instant>;
  announcedMs: number;
  /** One announcement at a time, so that an older one never replaces a newer. */
  last: Promise<void>;
}

/** Kinds of one tenant that this process announces; beyond it leases are given, and nothing is said of their kinds. */
export const leasedKindsMax = 100;
/** Far shorter than anybody believes an announcement, and how long a kind is said again: as long as it is believed. */
const announceEveryMs = 30_000;
const rememberedMs = 600_000;

export function createLeasedKinds({ store, clock, random }: LeasedKindsDeps): LeasedKinds {
  const boards = new Map<string, Board>();
  let processName = "";

  function boardOf(tenantId: string, nowMs: number): Board {
    for (const [id, { kinds }] of boards) {
      for (const [kind, workedMs] of kinds) if (nowMs - workedMs >= rememberedMs) kinds.delete(kind);
      if (kinds.size === 0) boards.delete(id);
    }
    const none = { announcedMs: Number.NEGATIVE_INFINITY, last: Promise.resolve() };
    const board = boards.get(tenantId) ?? { kinds: new Map<string, Instant>(), ...none };
    boards.set(tenantId, board);
    return board;
  }

  /** Rows are a process's own, as everywhere: two that answer leases of one tenant leave each other's alone. */
  function holderOf(tenantId: string): string {
    processName ||= Buffer.from(random.bytes(9)).toString("base64url");
    return `${outsideHolders.lease} ${processName} ${tenantId}`;
  }

  async function announce(tenantId: string, board: Board): Promise<void> {
    const kinds = [...board.kinds.keys()].map((kind) => ({
      kind: spellLeasedKind({ tenantId, kind }),
      runTimeoutMs: runTimeoutDefaultMs,
      maxRuns: 1,
    }));
    try {
      await store.announce({ holder: holderOf(tenantId), kinds, now: clock.now() });
    } catch (thrown) {
      board.announcedMs = Number.NEGATIVE_INFINITY;
      throw thrown;
    }
  }

  return {
    async worked(tenantId, kinds) {
      const nowMs = clock.monotonicMs();
      const board = boardOf(tenantId, nowMs);
      const sizeBefore = board.kinds.size;
      for (const kind of kinds) {
        if (board.kinds.has(kind) || board.kinds.size < leasedKindsMax) board.kinds.set(kind, nowMs);
      }
      const isNews = board.kinds.size > sizeBefore;
      if (!isNews && nowMs - board.announcedMs < announceEveryMs) return;
      board.announcedMs = nowMs;
      const announced = board.last.then(() => announce(tenantId, board));
      board.last = announced.catch(() => undefined);
      await announced;
    },
  };
}
