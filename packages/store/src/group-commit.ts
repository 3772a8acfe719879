// The one write lane: what callers bring during one turn of the event loop is committed together, with one fsync for all.
//
// It decides who shares a transaction and who hears what; what a transaction does is left to those who bring work.
// When the work of one fails, all is rolled back and everybody's runs again alone, so that only the culprit is refused.
import { StoreUnavailable, type Log } from "@ringback/core";
import { countCommit, createCommitStatistics, type CommitStatistics } from "./commit-statistics.ts";

export interface GroupCommit {
  /** Runs `work`, which must be synchronous, inside a transaction, and resolves with what it returned after the commit. */
  run<Result>(work: () => Result): Promise<Result>;
  readonly statistics: CommitStatistics;
  /** Commits what is waiting; everything brought later is refused as unreachable. */
  close(): void;
}

export interface GroupCommitOptions {
  /** Runs `body` in one transaction: when it returns, all is on disk; when it throws, nothing is. */
  readonly transaction: (body: () => void) => void;
  /** Called after each commit, before anybody continues. */
  readonly committed: () => void;
  /** Called after each rollback. */
  readonly rolledBack: () => void;
  /** Names the faults for which nobody is to blame and trying again at once would not help. */
  readonly asUnavailable: (thrown: unknown) => StoreUnavailable | null;
  readonly log: Log;
}

interface Item {
  readonly work: () => unknown;
  readonly resolve: (result: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

/** Bounds how long one transaction can hold the event loop. */
const groupItemsMax = 1_000;

export function createGroupCommit(options: GroupCommitOptions): GroupCommit {
  const { transaction, committed, rolledBack, asUnavailable, log } = options;
  const statistics = createCommitStatistics();
  const waiting: Item[] = [];
  let scheduled = false;
  let closed = false;

  function schedule(): void {
    if (scheduled || waiting.length === 0) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      const group = waiting.splice(0, groupItemsMax);
      schedule();
      commit(group);
    });
  }

  function commit(group: readonly Item[]): void {
    if (group.length === 0) return;
    const results: unknown[] = [];
    try {
      transaction(() => {
        for (const item of group) results.push(item.work());
      });
    } catch (thrown) {
      rolledBack();
      refuse(group, thrown);
      return;
    }
    countCommit(statistics, group.length);
    for (const [at, item] of group.entries()) item.resolve(results[at]);
    try {
      committed();
    } catch (thrown) {
      log.error("store.after_commit_failed", { error: String(thrown) });
    }
  }

  /** A held lock would keep everybody waiting once more, so then all are refused at once. */
  function refuse(group: readonly Item[], thrown: unknown): void {
    const unavailable = asUnavailable(thrown);
    if (group.length === 1 || unavailable?.code === "busy" || unavailable?.code === "unreachable") {
      for (const item of group) item.reject(unavailable ?? thrown);
      return;
    }
    for (const item of group) commit([item]);
  }

  return {
    statistics,
    run<Result>(work: () => Result): Promise<Result> {
      if (closed) return Promise.reject(new StoreUnavailable("unreachable", "The store has been closed."));
      return new Promise<Result>((resolve, reject) => {
        waiting.push({ work, resolve: (result) => resolve(result as Result), reject });
        schedule();
      });
    },
    close() {
      closed = true;
      while (waiting.length > 0) commit(waiting.splice(0, groupItemsMax));
    },
  };
}
