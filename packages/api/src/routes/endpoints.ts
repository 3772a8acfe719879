// Registered endpoints: making, reading, pausing, resuming and deleting them. Changing, rotating and trying out have files of
// their own.
import { isId, makeId, type Endpoint, type NewEndpoint } from "@ringback/core";
import { jsonAnswer, type Answer } from "../answers/answer.ts";
import { status } from "../answers/status.ts";
import { endpointOperations as operations, listEndpointsOperation } from "../descriptions/endpoints.ts";
import { makeEndpointSecret, shownSecret } from "../intake/endpoint-secret.ts";
import { judgeHeaders, urlRejected } from "../intake/judge-callback.ts";
import { metadataProblem } from "../intake/metadata-problem.ts";
import { parseJsonBody } from "../intake/parse-json-body.ts";
import { readOptionalBody } from "../intake/read-optional-body.ts";
import { isRefusal, notFound, type Refusal } from "../problems/refusal.ts";
import { endpointJson, publicKeysJson } from "../representations/endpoint-json.ts";
import { pageAnswer } from "../representations/page-json.ts";
import { checkShape } from "../schemas/check-shape.ts";
import { endpointRequestSchema } from "../schemas/endpoint-request.ts";
import { readQuery } from "../schemas/read-query.ts";
import { reasonRequestSchema } from "../schemas/reason-request.ts";
import { changeEndpoint } from "./change-endpoint.ts";
import { rotateEndpointSecret } from "./rotate-endpoint-secret.ts";
import type { RouteDeps } from "./route-deps.ts";
import { actOf, idOf, type Call, type KeyRoute } from "./route.ts";
import { testEndpoint } from "./test-endpoint.ts";

const path = "/v1/endpoints";
const one = `${path}/:id`;

export function endpointRoutes(deps: RouteDeps): readonly KeyRoute[] {
  const access = "endpoints";
  const list = listEndpointsOperation(deps.queries);
  return [
    {
      method: "POST",
      path,
      access,
      operation: operations.create,
      answer: (call) => createEndpoint(call, deps),
    },
    { method: "GET", path, access, operation: list, answer: (call) => listEndpoints(call, deps) },
    {
      method: "GET",
      path: one,
      access,
      operation: operations.get,
      answer: (call) => getEndpoint(call, deps),
    },
    {
      method: "PATCH",
      path: one,
      access,
      operation: operations.change,
      answer: (call) => changeEndpoint(call, deps),
    },
    {
      method: "DELETE",
      path: one,
      access,
      operation: operations.delete,
      answer: (call) => deleteEndpoint(call, deps),
    },
    {
      method: "POST",
      path: `${one}/pause`,
      access,
      operation: operations.pause,
      answer: (call) => setPaused(call, deps, true),
    },
    {
      method: "POST",
      path: `${one}/resume`,
      access,
      operation: operations.resume,
      answer: (call) => setPaused(call, deps, false),
    },
    {
      method: "POST",
      path: `${one}/secret/rotate`,
      access,
      operation: operations.rotate,
      answer: (call) => rotateEndpointSecret(call, deps),
    },
    {
      method: "GET",
      path: `${one}/public-keys`,
      access,
      operation: operations.publicKeys,
      answer: (call) => listPublicKeys(call, deps),
    },
    {
      method: "POST",
      path: `${one}/test`,
      access,
      operation: operations.test,
      answer: (call) => testEndpoint(call, deps),
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
  const { url, headers, signature = "standard", ...asked } = shape.value;
  const judged = judgeHeaders(headers ?? {}, { path: "/headers", headerProblem: deps.headerProblem });
  if (isRefusal(judged)) return judged;
  const verdict = await deps.guard.checkUrl(url);
  if (!verdict.ok) return urlRejected(verdict, "/url");
  const now = deps.clock.now();
  const secret = makeEndpointSecret(signature, deps.random);
  const item: NewEndpoint = {
    tenantId: call.tenantId,
    id: makeId("ep", now, deps.random),
    url: verdict.url,
    host: verdict.host,
    events: asked.events ?? [],
    description: asked.description ?? null,
    headers: judged.headers,
    retry: asked.retry ?? null,
    timeoutMs: asked.timeoutMs ?? null,
    maxInFlight: asked.maxInFlight ?? null,
    ratePerSecond: asked.ratePerSecond ?? null,
    ordered: asked.ordered ?? false,
    signature,
    metadata: asked.metadata ?? {},
    ...secret,
  };
  const [endpoint] = await deps.store.support.createEndpoints([item], now, actOf(call));
  if (endpoint === undefined) throw new Error("the store answered for no endpoint");
  return jsonAnswer(status.created, endpointJson(endpoint, now, shownSecret(secret)), {
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
  const now = deps.clock.now();
  return pageAnswer(
    request,
    items.map((endpoint) => endpointJson(endpoint, now)),
    next === null ? null : deps.cursors.sealPosition("endpoints", tenantId, next),
  );
}

async function findEndpoint(call: Call, deps: RouteDeps): Promise<Endpoint | null> {
  const id = idOf(call);
  return isId("ep", id) ? deps.store.reads.getEndpoint(call.tenantId, id) : null;
}

async function getEndpoint(call: Call, deps: RouteDeps): Promise<Answer | Refusal> {
  const endpoint = await findEndpoint(call, deps);
  return endpoint === null ? notFound : jsonAnswer(status.ok, endpointJson(endpoint, deps.clock.now()));
}

/** Empty for an endpoint whose signature is no pair's. */
async function listPublicKeys(call: Call, deps: RouteDeps): Promise<Answer | Refusal> {
  const endpoint = await findEndpoint(call, deps);
  return endpoint === null ? notFound : jsonAnswer(status.ok, publicKeysJson(endpoint, deps.clock.now()));
}

/** What was pending is canceled by the time of the answer, which says how much that was. */
async function deleteEndpoint(call: Call, deps: RouteDeps): Promise<Answer | Refusal> {
  const body = await readOptionalBody(call.request, reasonRequestSchema, deps.settings.bodyBytesMax);
  if (isRefusal(body)) return body;
  const endpointId = idOf(call);
  if (!isId("ep", endpointId)) return notFound;
  const key = { tenantId: call.tenantId, endpointId };
  const act = actOf(call, body.value.reason);
  const deliveries = await deps.store.support.deleteEndpoint(key, deps.clock.now(), act);
  if (deliveries === null) return notFound;
  return jsonAnswer(status.ok, JSON.stringify({ id: endpointId, deleted: true, deliveries }));
}

/** Pausing what is paused and resuming what is active change nothing and answer the same. */
async function setPaused(call: Call, deps: RouteDeps, isPaused: boolean): Promise<Answer | Refusal> {
  const body = await readOptionalBody(call.request, reasonRequestSchema, deps.settings.bodyBytesMax);
  if (isRefusal(body)) return body;
  const endpointId = idOf(call);
  if (!isId("ep", endpointId)) return notFound;
  const now = deps.clock.now();
  const endpoint = await deps.store.support.setEndpointStatus(
    { tenantId: call.tenantId, endpointId },
    isPaused ? { status: "paused", reason: "operator" } : { status: "active", reason: null },
    now,
    actOf(call, body.value.reason),
  );
  return endpoint === null ? notFound : jsonAnswer(status.ok, endpointJson(endpoint, now));
}
