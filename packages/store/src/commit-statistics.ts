// How well callers share commits: counted per commit, for whoever exports figures. Plain data, since it crosses threads.

/** Counted since the store was opened; items / commits is the size of a group on average. */
export interface CommitStatistics {
  readonly commits: number;
  /** Calls that shared them. */
  readonly items: number;
  /** For each of `commitSizes`, the groups that were as large or smaller, but larger than the size before it. */
  readonly sizes: readonly number[];
}

interface Counting extends CommitStatistics {
  commits: number;
  items: number;
  readonly sizes: number[];
}

/** In calls. No group is larger than the last. */
export const commitSizes: readonly number[] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000];

export function createCommitStatistics(): Counting {
  return { commits: 0, items: 0, sizes: commitSizes.map(() => 0) };
}

export function countCommit(statistics: Counting, items: number): void {
  statistics.commits += 1;
  statistics.items += items;
  const at = commitSizes.findIndex((size) => items <= size);
  statistics.sizes[at] = (statistics.sizes[at] ?? 0) + 1;
}
