// `/v1/replays`: redelivering many dead letters, as an operation that is watched, paused, resumed and canceled.
import { isId, makeId, type Replay, type ReplayVerb, type Selection } from "@ringback/core";
import { jsonAnswer, noContent, notModified, type Answer } from "../answers/answer.ts";
import { etagOf, isUnchanged } from "../answers/etag.ts";
import { status } from "../answers/status.ts";
import { streamHeaders } from "../answers/stream-headers.ts";
import { listReplaysOperation, replayOperations } from "../descriptions/replays.ts";
import { createReplayStream } from "../feed/replay-stream.ts";
import { parseJsonBody } from "../intake/parse-json-body.ts";
import { readOptionalBody } from "../intake/read-optional-body.ts";
import { isRefusal, notFound, refusal, type Refusal } from "../problems/refusal.ts";
import { pageAnswer } from "../representations/page-json.ts";
import { previewJson, replayJson } from "../representations/replay-json.ts";
import { checkShape } from "../schemas/check-shape.ts";
import { readQuery } from "../schemas/read-query.ts";
import { reasonRequestSchema } from "../schemas/reason-request.ts";
import { replayRequestSchema } from "../schemas/replay-request.ts";
import { withoutUndefined } from "../schemas/without-undefined.ts";
import type { RouteDeps } from "./route-deps.ts";
import { actOf, idOf, type Call, type KeyRoute } from "./route.ts";

export function replayRoutes(deps: RouteDeps): readonly KeyRoute[] {
  const access = "support";
  const path = "/v1/replays";
  const verb = (verb: ReplayVerb): KeyRoute => ({
    method: "POST",
    path: `${path}/:id/${verb}`,
    access,
    operation: replayOperations[verb],
    answer: (call) => changeReplay(call, deps, verb),
  });
  return [
    {
      method: "POST",
      path,
      access,
      operation: replayOperations.create,
      answer: (call) => createReplay(call, deps),
    },
    {
      method: "GET",
      path,
      access,
      operation: listReplaysOperation(deps.queries),
      answer: (call) => listReplays(call, deps),
    },
    {
      method: "GET",
      path: `${path}/:id`,
      access,
      operation: replayOperations.get,
      answer: (call) => getReplay(call, deps),
    },
    {
      method: "GET",
      path: `${path}/:id/events`,
      access,
      operation: replayOperations.stream,
      answer: (call) => streamReplay(call, deps),
    },
    verb("pause"),
    verb("resume"),
    verb("cancel"),
  ];
}

async function createReplay(call: Call, deps: RouteDeps): Promise<Answer | Refusal> {
  const { tenantId } = call;
  const { store, clock, random, settings } = deps;
  const body = await parseJsonBody(call.request, settings.bodyBytesMax);
  if (isRefusal(body)) return body;
  const shape = checkShape(replayRequestSchema, body.value);
  if (isRefusal(shape)) return shape;
  const { filter: asked, dryRun, stopAfterFailureRatio = null, ...plan } = shape.value;
  const { after: from, before: until, ...fields } = asked;
  const filter: Selection = withoutUndefined({ ...fields, from, until });
  if (dryRun) return jsonAnswer(status.ok, previewJson(await store.reads.previewReplay(tenantId, filter)));
  const now = clock.now();
  const replay = { ...plan, filter, stopAfterFailureRatio, tenantId, id: makeId("rpl", now, random) };
  const created = await store.replays.create(replay, now, actOf(call, plan.reason));
  if (created.kind === "too_many") {
    return refusal("too-many-replays", "As many replays are not over as a tenant may have; cancel one.");
  }
  const location = `/v1/replays/${created.replay.id}`;
  if (created.kind === "created") {
    return replayAnswer(created.replay, deps, { code: status.accepted, headers: { location } });
  }
  const { id, status: state } = created.replay;
  return refusal("replay-running", `The replay ${id} has the same filter and is ${state}.`, {
    members: { replay: { id, status: state } },
  });
}

async function listReplays(call: Call, deps: RouteDeps): Promise<Answer | Refusal> {
  const { request, tenantId } = call;
  const query = readQuery(request, deps.queries.replays);
  if (isRefusal(query)) return query;
  const { cursor, limit } = query.value;
  const after = cursor === undefined ? null : deps.cursors.openPosition("replays", tenantId, cursor);
  if (after !== null && isRefusal(after)) return after;
  const { items, next } = await deps.store.reads.listReplays(tenantId, { after, limit });
  return pageAnswer(
    request,
    items.map((replay) => replayJson(replay, deps.settings.retention.replaysMs)),
    next === null ? null : deps.cursors.sealPosition("replays", tenantId, next),
  );
}

async function getReplay(call: Call, deps: RouteDeps): Promise<Answer | Refusal> {
  const replay = await findReplay(call, deps);
  if (replay === null) return notFound;
  const etag = etagOf(replay.version);
  if (isUnchanged(call.request.header("if-none-match"), etag)) return notModified(etag);
  return replayAnswer(replay, deps, { code: status.ok, headers: {} });
}

async function streamReplay(call: Call, deps: RouteDeps): Promise<Answer | Refusal> {
  const { request, tenantId } = call;
  const replay = await findReplay(call, deps);
  if (replay === null) return notFound;
  if (request.method === "HEAD") return { status: status.ok, headers: { ...streamHeaders }, body: null };
  const waiter = deps.waiters.join({ tenantId, replayId: replay.id });
  if (waiter === null) {
    const detail = "As many clients are waiting as this process allows; poll the replay instead.";
    return refusal("overloaded", detail, { headers: { "retry-after": "5" } });
  }
  const seen = /^\d{1,15}$/.exec(request.header("last-event-id") ?? "")?.[0] ?? "0";
  const { streamHeartbeatMs: heartbeatMs, retention } = deps.settings;
  const { reads } = deps.store;
  const streaming = { reads, waiter, heartbeatMs, keptMs: retention.replaysMs };
  const stream = await createReplayStream(replay, Number(seen), streaming);
  // 204 tells an EventSource that has seen the end not to connect again (HTML §9.2.3).
  return stream === null ? noContent() : { status: status.ok, headers: { ...streamHeaders }, body: stream };
}

async function changeReplay(call: Call, deps: RouteDeps, verb: ReplayVerb): Promise<Answer | Refusal> {
  const { tenantId } = call;
  const body = await readOptionalBody(call.request, reasonRequestSchema, deps.settings.bodyBytesMax);
  if (isRefusal(body)) return body;
  const replayId = idOf(call);
  if (!isId("rpl", replayId)) return notFound;
  const act = actOf(call, body.value.reason);
  const changed = await deps.store.replays.change({ tenantId, replayId }, verb, deps.clock.now(), act);
  if (changed === null) return notFound;
  if (changed.kind === "finished") {
    return refusal(
      "replay-finished",
      `The replay is ${changed.replay.status}, so it cannot be changed any more.`,
    );
  }
  return replayAnswer(changed.replay, deps, { code: status.ok, headers: {} });
}

async function findReplay(call: Call, deps: RouteDeps): Promise<Replay | null> {
  const id = idOf(call);
  return isId("rpl", id) ? deps.store.reads.getReplay(call.tenantId, id) : null;
}

/** A client that polls asks again in a second; what is over does not change any more. */
function replayAnswer(
  replay: Replay,
  { settings }: RouteDeps,
  answer: { readonly code: Answer["status"]; readonly headers: Readonly<Record<string, string>> },
): Answer {
  const waits = replay.finishedAt === null ? { "retry-after": "1" } : {};
  const headers = { etag: etagOf(replay.version), ...waits, ...answer.headers };
  return jsonAnswer(answer.code, replayJson(replay, settings.retention.replaysMs), headers);
}
