// `GET /v1/events`: the feed, for clients that cannot be called. The same bytes and the same webhook-id as a webhook.
import { formatInstant, type Event } from "@ringback/core";
import { jsonAnswer, type Answer } from "../answers/answer.ts";
import { status } from "../answers/status.ts";
import { feedOperation } from "../descriptions/events.ts";
import { readFeed, type FeedExpired } from "../feed/read-feed.ts";
import { isRefusal, refusal, type Refusal } from "../problems/refusal.ts";
import { feedEventJson } from "../representations/event-json.ts";
import { readQuery } from "../schemas/read-query.ts";
import type { RouteDeps } from "./route-deps.ts";
import type { Call, KeyRoute } from "./route.ts";

export function feedRoutes(deps: RouteDeps): readonly KeyRoute[] {
  const operation = feedOperation(deps.queries);
  return [
    { method: "GET", path: "/v1/events", access: "jobs", operation, answer: (call) => getFeed(call, deps) },
  ];
}

/** Without `after` it begins at the oldest event there is. */
async function getFeed(call: Call, deps: RouteDeps): Promise<Answer | Refusal> {
  const { request, tenantId } = call;
  const query = readQuery(request, deps.queries.feed);
  if (isRefusal(query)) return query;
  const { after, types, undelivered, limit, wait } = query.value;
  const opened = after === undefined ? { seq: null } : deps.cursors.openSeq("feed", tenantId, after);
  if (isRefusal(opened)) return opened;
  const { clock, store, waiters } = deps;
  const waitMs = request.method === "HEAD" ? 0 : wait * 1_000;
  const page = await readFeed(
    {
      tenantId,
      after: opened.seq,
      types: types === undefined || types.length === 0 ? null : types,
      onlyUndelivered: undelivered === "true",
      limit,
      waitMs,
      signal: waitMs > 0 ? request.raw.signal : null,
    },
    { reads: store.reads, waiters, monotonicMs: () => clock.monotonicMs() },
  );
  if (page.kind === "expired") return cursorExpired(page);
  const events = page.events.length === 0 ? [] : await signedEvents(page.events, tenantId, deps);
  const cursor = deps.cursors.sealSeq("feed", tenantId, page.position);
  const body = `{"data":[${events.join(",")}],"cursor":${JSON.stringify(cursor)},"hasMore":${page.hasMore}}`;
  return jsonAnswer(status.ok, body);
}

function cursorExpired({ until }: FeedExpired): Refusal {
  const detail =
    `The feed no longer has all that was told after this cursor: events up to ${formatInstant(until)} have left it. ` +
    "Look up what you have missed with GET /v1/jobs, and go on without `after`, which begins at the oldest event there is.";
  return refusal("cursor-expired", detail);
}

async function signedEvents(
  events: readonly Event[],
  tenantId: string,
  { store, clock }: RouteDeps,
): Promise<string[]> {
  const now = clock.now();
  const active = await store.reads.callbackSecrets(tenantId, now);
  const signing = { secrets: active.map(({ secret }) => secret), timestampSeconds: Math.floor(now / 1_000) };
  return events.map((event) => feedEventJson(event, signing));
}
