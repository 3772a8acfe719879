// Looks again, now and then, at everything that is waited for, in case a change was not heard of: changes of other processes
// are hints and may be lost. It asks in batches, however many wait, and only while somebody does.
import { readKeysMax, type Clock, type ReadStore } from "@ringback/core";
import type { Topic } from "./topic.ts";

export interface Relook {
  start(): void;
  stop(): void;
}

export interface RelookDeps {
  readonly reads: Pick<ReadStore, "jobVersions" | "replayVersions" | "feedHeads">;
  readonly clock: Clock;
  readonly everyMs: number;
  /** What is waited for at the moment, each once. */
  readonly topics: () => readonly Topic[];
  /** Told of each topic: the version of a job or a replay, or the `seq` of a tenant's newest event; null when there is no such thing. */
  readonly found: (topic: Topic, mark: number | null) => void;
}

export function createRelook(deps: RelookDeps): Relook {
  const { reads, clock, everyMs, topics, found } = deps;
  let forget: (() => void) | null = null;
  let isRunning = false;

  function arm(): void {
    forget = clock.after(everyMs, () => void look());
  }

  async function look(): Promise<void> {
    try {
      const all = topics();
      const jobs = all.flatMap(({ tenantId, jobId }) => (jobId === undefined ? [] : [{ tenantId, jobId }]));
      const replays = all.flatMap(({ tenantId, replayId }) =>
        replayId === undefined ? [] : [{ tenantId, replayId }],
      );
      const feeds = all.filter(({ jobId, replayId }) => jobId === undefined && replayId === undefined);
      for (const keys of chunksOf(jobs)) tell(keys, await reads.jobVersions(keys));
      for (const keys of chunksOf(replays)) tell(keys, await reads.replayVersions(keys));
      for (const some of chunksOf(feeds)) {
        tell(some, await reads.feedHeads(some.map(({ tenantId }) => tenantId)));
      }
    } catch {
      // The store is away; those who wait have their deadlines, and the next look may find it.
    }
    if (isRunning) arm();
  }

  function tell(asked: readonly Topic[], marks: readonly (number | null)[]): void {
    for (const [at, topic] of asked.entries()) found(topic, marks[at] ?? null);
  }

  return {
    start() {
      if (isRunning) return;
      isRunning = true;
      arm();
    },
    stop() {
      isRunning = false;
      forget?.();
      forget = null;
    },
  };
}

function chunksOf<Item>(items: readonly Item[]): Item[][] {
  return Array.from({ length: Math.ceil(items.length / readKeysMax) }, (_, at) =>
    items.slice(at * readKeysMax, (at + 1) * readKeysMax),
  );
}
