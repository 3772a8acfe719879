// The secret that signs a tenant's callbacks and feed: reading it, and rotating it with an overlap.
import { formatInstant, type CallbackSecret } from "@ringback/core";
import { makeSecret } from "@ringback/signature";
import { jsonAnswer, type Answer } from "../answers/answer.ts";
import { status } from "../answers/status.ts";
import { callbackSecretOperations } from "../descriptions/callback-secret.ts";
import { readOptionalBody } from "../intake/read-optional-body.ts";
import { isRefusal, type Refusal } from "../problems/refusal.ts";
import { overlapDefaultMs, rotateRequestSchema } from "../schemas/rotate-request.ts";
import type { RouteDeps } from "./route-deps.ts";
import { actOf, type Call, type KeyRoute } from "./route.ts";

const path = "/v1/callback-secret";

export function callbackSecretRoutes(deps: RouteDeps): readonly KeyRoute[] {
  const access = "endpoints";
  const { get, rotate } = callbackSecretOperations;
  return [
    { method: "GET", path, access, operation: get, answer: (call) => showSecret(call, deps) },
    {
      method: "POST",
      path: `${path}/rotate`,
      access,
      operation: rotate,
      answer: (call) => rotateSecret(call, deps),
    },
  ];
}

async function showSecret({ tenantId }: Call, { store, clock }: RouteDeps): Promise<Answer> {
  const [newest, ...previous] = await store.reads.callbackSecrets(tenantId, clock.now());
  if (newest === undefined) throw new Error("the tenant has no callback secret");
  const body = JSON.stringify({
    secret: newest.secret,
    createdAt: formatInstant(newest.createdAt),
    previous: previous.map(previousMembers),
  });
  return jsonAnswer(status.ok, body, { "cache-control": "no-store" });
}

/** Those that still sign: when each was made and when it ends. Their text is not shown again. */
function previousMembers({ createdAt, expiresAt }: CallbackSecret): Readonly<Record<string, string>> {
  return {
    createdAt: formatInstant(createdAt),
    ...(expiresAt === null ? {} : { expiresAt: formatInstant(expiresAt) }),
  };
}

/** An empty body rotates with the default overlap, whatever type it claims. */
async function rotateSecret(call: Call, deps: RouteDeps): Promise<Answer | Refusal> {
  const body = await readOptionalBody(call.request, rotateRequestSchema, deps.settings.bodyBytesMax);
  if (isRefusal(body)) return body;
  const { overlapMs = overlapDefaultMs, reason } = body.value;
  const now = deps.clock.now();
  await deps.store.tenants.rotateCallbackSecret(call.tenantId, {
    secret: makeSecret((count) => deps.random.bytes(count)),
    overlapUntil: now + overlapMs,
    now,
    act: actOf(call, reason),
  });
  return showSecret(call, deps);
}
