// Reads the feed: the tenant's events in commit order, by exact types or by patterns, all or only those that no receiver has
// taken, waiting for the next if asked to.
import { matchesEvent, type Event, type FeedRead, type ReadStore } from "@ringback/core";
import type { Waiters } from "./waiters.ts";

export interface FeedQuery {
  readonly tenantId: string;
  /** The `seq` of the last event the client has; null begins at the oldest there is. */
  readonly after: number | null;
  /** Types or patterns; null for all. */
  readonly types: readonly string[] | null;
  /** Leaves out what some receiver has taken. */
  readonly onlyUndelivered: boolean;
  readonly limit: number;
  readonly waitMs: number;
  /** Fires when the client has gone. */
  readonly signal: AbortSignal | null;
}

/** What the client has missed is no longer in the feed. */
export type FeedExpired = Extract<FeedRead, { readonly kind: "expired" }>;

export interface FeedPage {
  readonly kind: "page";
  readonly events: readonly Event[];
  /** Where to go on: behind the last event that was looked at, shown or not. */
  readonly position: number;
  readonly hasMore: boolean;
}

export interface FeedDeps {
  readonly reads: Pick<ReadStore, "readFeed" | "takenEvents">;
  readonly waiters: Waiters;
  readonly monotonicMs: () => number;
}

const scanLimit = 250;
/** Events looked at for one answer when not all are wanted; beyond that the client comes again. */
const scannedMax = 2_000;

/**
 * Answers as soon as there is something, else after `waitMs` with an empty page. When as many are waiting as are allowed
 * it answers at once: a client that polls is served worse, never refused.
 */
export async function readFeed(query: FeedQuery, deps: FeedDeps): Promise<FeedPage | FeedExpired> {
  const { tenantId, waitMs, signal } = query;
  const waiter = waitMs > 0 ? deps.waiters.join({ tenantId }) : null;
  if (waiter === null) return readPage(query, deps);
  const leave = (): void => waiter.end();
  signal?.addEventListener("abort", leave);
  try {
    const untilMs = deps.monotonicMs() + waitMs;
    let page = await readPage(query, deps);
    while (page.kind === "page" && page.events.length === 0 && !page.hasMore) {
      const waking = await waiter.next(Math.max(0, untilMs - deps.monotonicMs()), page.position);
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

async function readPage(query: FeedQuery, deps: FeedDeps): Promise<FeedPage | FeedExpired> {
  const { tenantId, after, types, onlyUndelivered, limit } = query;
  if (onlyUndelivered || (types !== null && !types.includes("*"))) return scanPage(query, deps);
  const read = await deps.reads.readFeed(tenantId, { after, limit: limit + 1 });
  return read.kind === "expired" ? read : pageOf(read, limit);
}

/**
 * What is wanted is chosen here, not in the store: it is asked for everything, page after page, and what matches is kept. So an
 * answer costs a bounded number of rows, and its position moves on behind all that was looked at, however rare the matches are.
 */
async function scanPage(query: FeedQuery, deps: FeedDeps): Promise<FeedPage | FeedExpired> {
  const { tenantId, limit } = query;
  const matched: Event[] = [];
  let position: number | null = query.after;
  for (let scanned = 0; scanned < scannedMax;) {
    const read = await deps.reads.readFeed(tenantId, { after: position, limit: scanLimit });
    if (read.kind === "expired") {
      // What was found before the feed lost its next events is still told; the next call hears of the loss.
      return position === null || matched.length === 0 ? read : pageUpTo(position, matched, true);
    }
    position ??= read.after;
    const wanted = await wantedOf(read.events, query, deps);
    for (const event of read.events) {
      if (wanted.has(event.id)) {
        if (matched.length === limit) return pageUpTo(position, matched, true);
        matched.push(event);
      }
      position = event.seq;
    }
    scanned += read.events.length;
    if (read.events.length < scanLimit) return pageUpTo(position, matched, false);
  }
  return pageUpTo(position ?? 0, matched, true);
}

/** The ids of those that are to be shown. */
async function wantedOf(
  events: readonly Event[],
  { tenantId, types, onlyUndelivered }: FeedQuery,
  { reads }: FeedDeps,
): Promise<ReadonlySet<string>> {
  const ids = events.filter(({ type }) => types === null || matchesEvent(types, type)).map(({ id }) => id);
  if (!onlyUndelivered || ids.length === 0) return new Set(ids);
  const taken = await reads.takenEvents(tenantId, ids);
  return new Set(ids.filter((id) => !taken.has(id)));
}

function pageOf({ after, events }: Exclude<FeedRead, FeedExpired>, limit: number): FeedPage {
  const shown = events.slice(0, limit);
  return pageUpTo(shown.at(-1)?.seq ?? after, shown, events.length > limit);
}

function pageUpTo(position: number, events: readonly Event[], hasMore: boolean): FeedPage {
  return { kind: "page", events, position, hasMore };
}
