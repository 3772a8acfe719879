// API keys: making one, which is shown once, listing, reading and revoking them. The operator's keys do so for every tenant.
import { createHash } from "node:crypto";
import { isId, makeApiKey, makeId, parseApiKey, type NewApiKey } from "@ringback/core";
import { jsonAnswer, type Answer } from "../answers/answer.ts";
import { status } from "../answers/status.ts";
import { createKeyOperation, keyOperations } from "../descriptions/keys.ts";
import { parseJsonBody } from "../intake/parse-json-body.ts";
import { readOptionalBody } from "../intake/read-optional-body.ts";
import { isRefusal, notFound, refusal, type Refusal } from "../problems/refusal.ts";
import { keyJson } from "../representations/key-json.ts";
import { pageAnswer } from "../representations/page-json.ts";
import { checkShape } from "../schemas/check-shape.ts";
import { keyRequestSchema } from "../schemas/key-request.ts";
import { readQuery } from "../schemas/read-query.ts";
import { reasonRequestSchema } from "../schemas/reason-request.ts";
import type { RouteDeps } from "./route-deps.ts";
import { actOf, idOf, type Call, type KeyRoute } from "./route.ts";
import { targetTenant } from "./target-tenant.ts";

const path = "/v1/keys";

/** Only `admin`, which has every scope, makes keys; so no key gives more than it has. */
export function keyRoutes(deps: RouteDeps): readonly KeyRoute[] {
  const access = "admin";
  const create = createKeyOperation;
  const { list, get, revoke } = keyOperations(deps.queries);
  return [
    { method: "POST", path, access, operation: create, answer: (call) => createKey(call, deps) },
    { method: "GET", path, access, operation: list, answer: (call) => listKeys(call, deps) },
    { method: "GET", path: `${path}/:id`, access, operation: get, answer: (call) => getKey(call, deps) },
    {
      method: "POST",
      path: `${path}/:id/revoke`,
      access,
      operation: revoke,
      answer: (call) => revokeKey(call, deps),
    },
  ];
}

async function createKey(call: Call, deps: RouteDeps): Promise<Answer | Refusal> {
  const body = await parseJsonBody(call.request, deps.settings.bodyBytesMax);
  if (isRefusal(body)) return body;
  const shape = checkShape(keyRequestSchema, body.value);
  if (isRefusal(shape)) return shape;
  const { scopes, description, expiresAt, tenantId: asked } = shape.value;
  const now = deps.clock.now();
  if (expiresAt !== undefined && expiresAt <= now) return fieldRefused("/expiresAt", "must be in the future");
  const tenantId = await targetTenant(call, asked, deps);
  const key = makeApiKey(deps.random);
  const made =
    tenantId === null
      ? null
      : await deps.store.tenants.createKey(
          {
            ...keyParts(key),
            tenantId,
            id: makeId("key", now, deps.random),
            scopes,
            description: description ?? null,
            expiresAt: expiresAt ?? null,
          },
          now,
          actOf(call),
        );
  if (made === null) return fieldRefused("/tenantId", "is no tenant whose keys this key may make");
  return jsonAnswer(status.created, keyJson(made, now, key), {
    location: `${path}/${made.id}`,
    "cache-control": "no-store",
  });
}

function keyParts(key: string): Pick<NewApiKey, "lookup" | "hash"> {
  const parsed = parseApiKey(key);
  if (parsed === null) throw new Error("a key was made that does not have the form of one");
  return { lookup: parsed.lookup, hash: createHash("sha256").update(key).digest("hex") };
}

function fieldRefused(field: string, message: string): Refusal {
  return refusal("invalid-request", `${field}: ${message}.`, { errors: [{ path: field, message }] });
}

async function listKeys(call: Call, deps: RouteDeps): Promise<Answer | Refusal> {
  const query = readQuery(call.request, deps.queries.keys);
  if (isRefusal(query)) return query;
  const { cursor, limit, tenantId: asked } = query.value;
  const tenantId = await targetTenant(call, asked, deps);
  if (tenantId === null) return notFound;
  const after = cursor === undefined ? null : deps.cursors.openPosition("keys", tenantId, cursor);
  if (after !== null && isRefusal(after)) return after;
  const { items, next } = await deps.store.tenants.listKeys(tenantId, { after, limit });
  const now = deps.clock.now();
  return pageAnswer(
    call.request,
    items.map((key) => keyJson(key, now)),
    next === null ? null : deps.cursors.sealPosition("keys", tenantId, next),
  );
}

async function getKey(call: Call, deps: RouteDeps): Promise<Answer | Refusal> {
  const query = readQuery(call.request, deps.queries.key);
  if (isRefusal(query)) return query;
  const id = idOf(call);
  const tenantId = await targetTenant(call, query.value.tenantId, deps);
  const key = tenantId !== null && isId("key", id) ? await deps.store.tenants.getKey(tenantId, id) : null;
  return key === null ? notFound : jsonAnswer(status.ok, keyJson(key, deps.clock.now()));
}

/** Revoking what is revoked already changes nothing and answers the same. */
async function revokeKey(call: Call, deps: RouteDeps): Promise<Answer | Refusal> {
  const query = readQuery(call.request, deps.queries.key);
  if (isRefusal(query)) return query;
  const body = await readOptionalBody(call.request, reasonRequestSchema, deps.settings.bodyBytesMax);
  if (isRefusal(body)) return body;
  const keyId = idOf(call);
  const tenantId = await targetTenant(call, query.value.tenantId, deps);
  if (tenantId === null || !isId("key", keyId)) return notFound;
  const now = deps.clock.now();
  const act = actOf(call, body.value.reason);
  const revoked = await deps.store.tenants.revokeKey({ tenantId, keyId }, now, act);
  return revoked === null ? notFound : jsonAnswer(status.ok, keyJson(revoked, now));
}
