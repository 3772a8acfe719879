// `POST /v1/endpoints/{id}/test`: a real `endpoint.test`, signed and sent by whichever process dispatches, and what came of it.
import { attemptTimeoutDefaultMs, isId, type Delivery } from "@ringback/core";
import { jsonAnswer, type Answer } from "../answers/answer.ts";
import { status } from "../answers/status.ts";
import { readOptionalBody } from "../intake/read-optional-body.ts";
import { isRefusal, notFound, type Refusal } from "../problems/refusal.ts";
import { deliveryJson } from "../representations/delivery-json.ts";
import { reasonRequestSchema } from "../schemas/reason-request.ts";
import type { RouteDeps } from "./route-deps.ts";
import { actOf, idOf, type Call } from "./route.ts";

/** How often is looked whether the attempt has ended. */
const lookMs = 50;
/** What is waited for beyond the attempt's own deadline: a dispatcher to take it up, and the answer's body. */
const graceMs = 10_000;

/** 200 with the delivery and its attempt; 202 without the attempt when nobody has made it in time. */
export async function testEndpoint(call: Call, deps: RouteDeps): Promise<Answer | Refusal> {
  const body = await readOptionalBody(call.request, reasonRequestSchema, deps.settings.bodyBytesMax);
  if (isRefusal(body)) return body;
  const { store, clock } = deps;
  const endpointId = idOf(call);
  const key = { tenantId: call.tenantId, endpointId };
  const endpoint = isId("ep", endpointId) ? await store.reads.getEndpoint(key.tenantId, endpointId) : null;
  if (endpoint === null) return notFound;
  const owed = await store.support.testEndpoint(key, clock.now(), actOf(call, body.value.reason));
  if (owed === null) return notFound;
  const waitMs = (endpoint.timeoutMs ?? attemptTimeoutDefaultMs) + graceMs;
  return awaitAttempt(owed, { waitMs, signal: call.request.raw.signal }, deps);
}

async function awaitAttempt(
  owed: Delivery,
  wait: { readonly waitMs: number; readonly signal: AbortSignal },
  { store, clock, settings }: RouteDeps,
): Promise<Answer | Refusal> {
  const untilMs = clock.monotonicMs() + wait.waitMs;
  for (;;) {
    const read = await store.reads.getDelivery(owed.tenantId, owed.id);
    if (read === null) return notFound;
    const isOver = read.delivery.status !== "pending";
    if (isOver || wait.signal.aborted || clock.monotonicMs() >= untilMs) {
      const { delivery, attempts } = read;
      const json = deliveryJson(delivery, settings.retention, { attempts, now: clock.now() });
      return jsonAnswer(isOver ? status.ok : status.accepted, json, {
        location: `/v1/deliveries/${delivery.id}`,
      });
    }
    await new Promise<void>((resolve) => {
      clock.after(lookMs, resolve);
    });
  }
}
