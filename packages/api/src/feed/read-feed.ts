// Reads the feed: the tenant's events in commit order, by exact types or by patterns, waiting for the next if asked to.
import { jobEventTypes, matchesEvent, type Event, type ReadStore } from "@ringback/core";
import type { Waiters } from "./waiters.ts";

export interface FeedQuery {
  readonly tenantId: string;
  /** The `seq` of the last event the client has; 0 for none. */
  readonly after: number;
  /** Types or patterns; null for all. */
  readonly types: readonly string[] | null;
  readonly limit: number;
  readonly waitMs: number;
  /** Fires when the client has gone. */
  readonly signal: AbortSignal | null;
}

export interface FeedPage {
  readonly events: readonly Event[];
  /** Where to go on: behind the last event that was looked at, shown or not. */
  readonly position: number;
  readonly hasMore: boolean;
}

export interface FeedDeps {
  readonly reads: Pick<ReadStore, "readFeed">;
  readonly waiters: Waiters;
  readonly monotonicMs: () => number;
}

const scanLimit = 500;
/** Events looked at for one answer when a pattern must be applied here; beyond that the client comes again. */
const scannedMax = 5_000;

/**
 * Answers as soon as there is something, else after `waitMs` with an empty page. When as many are waiting as are allowed
 * it answers at once: a client that polls is served worse, never refused.
 */
export async function readFeed(query: FeedQuery, deps: FeedDeps): Promise<FeedPage> {
  const { tenantId, waitMs, signal } = query;
  const waiter = waitMs > 0 ? deps.waiters.join({ tenantId }) : null;
  if (waiter === null) return readPage(query, deps);
  const leave = (): void => waiter.end();
  signal?.addEventListener("abort", leave);
  try {
    const untilMs = deps.monotonicMs() + waitMs;
    let page = await readPage(query, deps);
    while (page.events.length === 0 && !page.hasMore) {
      const waking = await waiter.next(Math.max(0, untilMs - deps.monotonicMs()));
      if (waking === "aborted") return page;
      page = await readPage({ ...query, after: page.position }, deps);
      if (waking !== "changed") return page;
    }
    return page;
  } finally {
    signal?.removeEventListener("abort", leave);
    waiter.end();
  }
}

async function readPage(query: FeedQuery, deps: FeedDeps): Promise<FeedPage> {
  const { tenantId, after, types, limit } = query;
  if (types !== null && types.some((type) => type.includes("*"))) return scanPage({ ...query, types }, deps);
  const events = await deps.reads.readFeed(tenantId, { after, types, limit: limit + 1 });
  return pageOf(events, { after, limit });
}

/** Patterns are not the store's: it is asked for everything, page after page, and what matches is kept. */
async function scanPage(
  query: FeedQuery & { readonly types: readonly string[] },
  deps: FeedDeps,
): Promise<FeedPage> {
  const { tenantId, types, limit } = query;
  if (jobEventTypes.every((type) => matchesEvent(types, type)) && types.includes("*")) {
    return readPage({ ...query, types: null }, deps);
  }
  const matched: Event[] = [];
  let position = query.after;
  for (let scanned = 0; scanned < scannedMax;) {
    const events = await deps.reads.readFeed(tenantId, { after: position, types: null, limit: scanLimit });
    for (const event of events) {
      if (matchesEvent(types, event.type)) {
        if (matched.length === limit) return { events: matched, position, hasMore: true };
        matched.push(event);
      }
      position = event.seq;
    }
    scanned += events.length;
    if (events.length < scanLimit) return { events: matched, position, hasMore: false };
  }
  return { events: matched, position, hasMore: true };
}

function pageOf(events: readonly Event[], { after, limit }: Pick<FeedQuery, "after" | "limit">): FeedPage {
  const shown = events.slice(0, limit);
  return { events: shown, position: shown.at(-1)?.seq ?? after, hasMore: events.length > limit };
}
