// Tenants: the operator makes, lists and changes them; everybody else sees their own and nothing of the others.
import { noLimits } from "@ringback/core";
import { makeSecret } from "@ringback/signature";
import { jsonAnswer, type Answer } from "../answers/answer.ts";
import { status } from "../answers/status.ts";
import { listTenantsOperation, tenantOperations } from "../descriptions/tenants.ts";
import { parseJsonBody } from "../intake/parse-json-body.ts";
import { isRefusal, notFound, refusal, type Refusal } from "../problems/refusal.ts";
import { pageAnswer } from "../representations/page-json.ts";
import { tenantJson } from "../representations/tenant-json.ts";
import { checkShape } from "../schemas/check-shape.ts";
import { readQuery } from "../schemas/read-query.ts";
import { tenantChangeSchema, tenantRequestSchema } from "../schemas/tenant-request.ts";
import { withoutUndefined } from "../schemas/without-undefined.ts";
import type { RouteDeps } from "./route-deps.ts";
import { actOf, idOf, type Call, type KeyRoute } from "./route.ts";
import { targetTenant } from "./target-tenant.ts";

const path = "/v1/tenants";

export function tenantRoutes(deps: RouteDeps): readonly KeyRoute[] {
  const access = "admin";
  const { create, get, change } = tenantOperations;
  const list = listTenantsOperation(deps.queries);
  return [
    { method: "POST", path, access, operation: create, answer: (call) => createTenant(call, deps) },
    { method: "GET", path, access, operation: list, answer: (call) => listTenants(call, deps) },
    { method: "GET", path: `${path}/:id`, access, operation: get, answer: (call) => getTenant(call, deps) },
    {
      method: "PATCH",
      path: `${path}/:id`,
      access,
      operation: change,
      answer: (call) => changeTenant(call, deps),
    },
  ];
}

const operatorOnly: Refusal = refusal(
  "operator-only",
  "Tenants are managed with an admin key of the operator's tenant; this key belongs to another one.",
);

async function createTenant(call: Call, deps: RouteDeps): Promise<Answer | Refusal> {
  if (!call.isOperator) return operatorOnly;
  const body = await parseJsonBody(call.request, deps.settings.bodyBytesMax);
  if (isRefusal(body)) return body;
  const shape = checkShape(tenantRequestSchema, body.value);
  if (isRefusal(shape)) return shape;
  const { id, name = null, limits = {} } = shape.value;
  const callbackSecret = makeSecret((count) => deps.random.bytes(count));
  const asked = { id, name, limits: { ...noLimits, ...withoutUndefined(limits) }, callbackSecret };
  const made = await deps.store.tenants.createTenant(asked, deps.clock.now(), actOf(call));
  if (made === null)
    return refusal("tenant-exists", `There is a tenant "${id}" already; it was not changed.`);
  return jsonAnswer(status.created, tenantJson(made, deps.settings, callbackSecret), {
    location: `${path}/${made.id}`,
    "cache-control": "no-store",
  });
}

async function listTenants(call: Call, deps: RouteDeps): Promise<Answer | Refusal> {
  if (!call.isOperator) return operatorOnly;
  const query = readQuery(call.request, deps.queries.tenants);
  if (isRefusal(query)) return query;
  const { cursor, limit } = query.value;
  const after = cursor === undefined ? null : deps.cursors.openPosition("tenants", call.tenantId, cursor);
  if (after !== null && isRefusal(after)) return after;
  const { items, next } = await deps.store.tenants.listTenants({ after, limit });
  return pageAnswer(
    call.request,
    items.map((tenant) => tenantJson(tenant, deps.settings)),
    next === null ? null : deps.cursors.sealPosition("tenants", call.tenantId, next),
  );
}

async function getTenant(call: Call, deps: RouteDeps): Promise<Answer | Refusal> {
  const tenantId = await targetTenant(call, idOf(call), deps);
  const tenant = tenantId === null ? null : await deps.store.tenants.getTenant(tenantId);
  return tenant === null ? notFound : jsonAnswer(status.ok, tenantJson(tenant, deps.settings));
}

/** A tenant may look at its own limits and not change them. */
async function changeTenant(call: Call, deps: RouteDeps): Promise<Answer | Refusal> {
  const tenantId = await targetTenant(call, idOf(call), deps);
  if (tenantId === null) return notFound;
  if (!call.isOperator) return operatorOnly;
  const body = await parseJsonBody(call.request, deps.settings.bodyBytesMax);
  if (isRefusal(body)) return body;
  const shape = checkShape(tenantChangeSchema, body.value);
  if (isRefusal(shape)) return shape;
  const { name, limits = {}, reason } = shape.value;
  const change = { ...withoutUndefined({ name }), limits: withoutUndefined(limits) };
  const act = actOf(call, reason);
  const tenant = await deps.store.tenants.changeTenant(tenantId, change, deps.clock.now(), act);
  return tenant === null ? notFound : jsonAnswer(status.ok, tenantJson(tenant, deps.settings));
}
