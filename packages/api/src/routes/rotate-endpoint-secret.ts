// `POST /v1/endpoints/{id}/secret/rotate`: a new secret, which is shown once; the former ones sign too until the overlap ends.
import { isId } from "@ringback/core";
import { jsonAnswer, type Answer } from "../answers/answer.ts";
import { status } from "../answers/status.ts";
import { makeEndpointSecret, shownSecret } from "../intake/endpoint-secret.ts";
import { readOptionalBody } from "../intake/read-optional-body.ts";
import { isRefusal, notFound, type Refusal } from "../problems/refusal.ts";
import { endpointJson } from "../representations/endpoint-json.ts";
import { overlapDefaultMs, rotateRequestSchema } from "../schemas/rotate-request.ts";
import type { RouteDeps } from "./route-deps.ts";
import { actOf, idOf, type Call } from "./route.ts";

/** An empty body rotates with the default overlap. */
export async function rotateEndpointSecret(call: Call, deps: RouteDeps): Promise<Answer | Refusal> {
  const body = await readOptionalBody(call.request, rotateRequestSchema, deps.settings.bodyBytesMax);
  if (isRefusal(body)) return body;
  const endpointId = idOf(call);
  const { tenantId } = call;
  const found = isId("ep", endpointId) ? await deps.store.reads.getEndpoint(tenantId, endpointId) : null;
  if (found === null) return notFound;
  const { overlapMs = overlapDefaultMs, reason } = body.value;
  const now = deps.clock.now();
  const secret = makeEndpointSecret(found.signature, deps.random);
  const rotated = await deps.store.support.rotateEndpointSecret(
    { tenantId, endpointId },
    { ...secret, overlapUntil: now + overlapMs, now },
    actOf(call, reason),
  );
  if (rotated === null) return notFound;
  const json = endpointJson(rotated, now, shownSecret(secret));
  return jsonAnswer(status.ok, json, { "cache-control": "no-store" });
}
