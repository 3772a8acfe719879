// Tells other processes which kinds run here, and knows which run anywhere. What is said is good for a while only, so it is
// said again now and then; a process that is gone is forgotten by itself.
import type { Clock, Kinds, KindStore } from "@ringback/core";
import type { RunnerSettings } from "./settings.ts";

export interface KindBoardOptions {
  readonly store: { readonly kinds: KindStore };
  readonly kinds: Kinds;
  readonly holder: string;
  readonly clock: Clock;
  readonly settings: Pick<RunnerSettings, "runConcurrency" | "unknownKindHoldMs">;
}

export interface KindBoard {
  /** Announces the kinds of this process unless it did so less than 30 s ago. A process that runs no jobs says nothing. */
  announce(): Promise<void>;
  /** The kinds of this process, and those that others have announced while a job of an unknown kind would wait. */
  known(): Promise<readonly string[]>;
}

/** Far shorter than anybody believes an announcement. */
const announceEveryMs = 30_000;

export function createKindBoard(options: KindBoardOptions): KindBoard {
  const { store, kinds, holder, clock, settings } = options;
  const isMute = settings.runConcurrency === 0 || kinds.names.length === 0;
  let announcedMs = Number.NEGATIVE_INFINITY;
  return {
    async announce() {
      const nowMs = clock.monotonicMs();
      if (isMute || nowMs - announcedMs < announceEveryMs) return;
      const own = kinds.names.flatMap((name) => {
        const kind = kinds.get(name);
        if (kind === undefined) return [];
        return [{ kind: name, runTimeoutMs: kind.runTimeoutMs, maxRuns: kind.maxRuns }];
      });
      await store.kinds.announce({ holder, kinds: own, now: clock.now() });
      announcedMs = nowMs;
    },
    async known() {
      const elsewhere = await store.kinds.announced(clock.now() - settings.unknownKindHoldMs);
      return [...new Set([...kinds.names, ...elsewhere.map(({ kind }) => kind)])];
    },
  };
}
