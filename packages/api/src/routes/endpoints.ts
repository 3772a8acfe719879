// Registered endpoints: making, reading, pausing and resuming them.
import { isId, makeId, type NewEndpoint } from "@ringback/core";
import { makeSecret } from "@ringback/signature";
import { jsonAnswer, type Answer } from "../answers/answer.ts";
import { status } from "../answers/status.ts";
import { endpointOperations, listEndpointsOperation } from "../descriptions/endpoints.ts";
import { judgeHeaders, urlRejected } from "../intake/judge-callback.ts";
import { metadataProblem } from "../intake/metadata-problem.ts";
import { parseJsonBody } from "../intake/parse-json-body.ts";
import { readOptionalBody } from "../intake/read-optional-body.ts";
import { isRefusal, notFound, type Refusal } from "../problems/refusal.ts";
import { endpointJson } from "../representations/endpoint-json.ts";
import { pageAnswer } from "../representations/page-json.ts";
import { checkShape } from "../schemas/check-shape.ts";
import { endpointRequestSchema } from "../schemas/endpoint-request.ts";
import { readQuery } from "../schemas/read-query.ts";
import { reasonRequestSchema } from "../schemas/reason-request.ts";
import type { RouteDeps } from "./route-deps.ts";
import { actOf, idOf, type Call, type KeyRoute } from "./route.ts";

const path = "/v1/endpoints";

export function endpointRoutes(deps: RouteDeps): readonly KeyRoute[] {
  const access = "endpoints";
  const { create, get, pause, resume } = endpointOperations;
  const list = listEndpointsOperation(deps.queries);
  return [
    { method: "POST", path, access, operation: create, answer: (call) => createEndpoint(call, deps) },
    { method: "GET", path, access, operation: list, answer: (call) => listEndpoints(call, deps) },
    { method: "GET", path: `${path}/:id`, access, operation: get, answer: (call) => getEndpoint(call, deps) },
    {
      method: "POST",
      path: `${path}/:id/pause`,
      access,
      operation: pause,
      answer: (call) => setPaused(call, deps, true),
    },
    {
      method: "POST",
      path: `${path}/:id/resume`,
      access,
      operation: resume,
      answer: (call) => setPaused(call, deps, false),
    },
  ];
}

async function createEndpoint(call: Call, deps: RouteDeps): Promise<Answer | Refusal> {
  const body = await parseJsonBody(call.request, deps.settings.bodyBytesMax);
  if (isRefusal(body)) return body;
  const shape = checkShape(endpointRequestSchema, body.value);
  if (isRefusal(shape)) return shape;
  const changing = metadataProblem(body);
  if (changing !== null) return changing;
  const { url, events, description, headers, retry, timeoutMs, metadata } = shape.value;
  const judged = judgeHeaders(headers ?? {}, { path: "/headers", headerProblem: deps.headerProblem });
  if (isRefusal(judged)) return judged;
  const verdict = await deps.guard.checkUrl(url);
  if (!verdict.ok) return urlRejected(verdict, "/url");
  const now = deps.clock.now();
  const secret = makeSecret((count) => deps.random.bytes(count));
  const item: NewEndpoint = {
    tenantId: call.tenantId,
    id: makeId("ep", now, deps.random),
    url: verdict.url,
    host: verdict.host,
    events: events ?? [],
    description: description ?? null,
    headers: judged.headers,
    retry: retry ?? null,
    timeoutMs: timeoutMs ?? null,
    metadata: metadata ?? {},
    secret,
  };
  const [endpoint] = await deps.store.support.createEndpoints([item], now, actOf(call));
  if (endpoint === undefined) throw new Error("the store answered for no endpoint");
  return jsonAnswer(status.created, endpointJson(endpoint, secret), {
    location: `${path}/${endpoint.id}`,
    "cache-control": "no-store",
  });
}

async function listEndpoints(call: Call, deps: RouteDeps): Promise<Answer | Refusal> {
  const { request, tenantId } = call;
  const query = readQuery(request, deps.queries.endpoints);
  if (isRefusal(query)) return query;
  const { cursor, limit } = query.value;
  const after = cursor === undefined ? null : deps.cursors.openPosition("endpoints", tenantId, cursor);
  if (after !== null && isRefusal(after)) return after;
  const { items, next } = await deps.store.reads.listEndpoints(tenantId, { after, limit });
  return pageAnswer(
    request,
    items.map((endpoint) => endpointJson(endpoint)),
    next === null ? null : deps.cursors.sealPosition("endpoints", tenantId, next),
  );
}

async function getEndpoint(call: Call, deps: RouteDeps): Promise<Answer | Refusal> {
  const id = idOf(call);
  const endpoint = isId("ep", id) ? await deps.store.reads.getEndpoint(call.tenantId, id) : null;
  return endpoint === null ? notFound : jsonAnswer(status.ok, endpointJson(endpoint));
}

/** Pausing what is paused and resuming what is active change nothing and answer the same. */
async function setPaused(call: Call, deps: RouteDeps, isPaused: boolean): Promise<Answer | Refusal> {
  const body = await readOptionalBody(call.request, reasonRequestSchema, deps.settings.bodyBytesMax);
  if (isRefusal(body)) return body;
  const endpointId = idOf(call);
  if (!isId("ep", endpointId)) return notFound;
  const endpoint = await deps.store.support.setEndpointStatus(
    { tenantId: call.tenantId, endpointId },
    isPaused ? { status: "paused", reason: "operator" } : { status: "active", reason: null },
    deps.clock.now(),
    actOf(call, body.value.reason),
  );
  return endpoint === null ? notFound : jsonAnswer(status.ok, endpointJson(endpoint));
}
