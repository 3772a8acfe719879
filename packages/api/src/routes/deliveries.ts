// The support desk's view: deliveries with all their attempts, and redelivering one.
import { isId } from "@ringback/core";
import { jsonAnswer, type Answer } from "../answers/answer.ts";
import { status } from "../answers/status.ts";
import { deliveryOperations, listDeliveriesOperation } from "../descriptions/deliveries.ts";
import { readOptionalBody } from "../intake/read-optional-body.ts";
import { isRefusal, notFound, refusal, type Refusal } from "../problems/refusal.ts";
import { deliveryJson } from "../representations/delivery-json.ts";
import { reasonRequestSchema } from "../schemas/reason-request.ts";
import { answerList } from "./answer-list.ts";
import { readListQuery } from "./read-list-query.ts";
import type { RouteDeps } from "./route-deps.ts";
import { actOf, idOf, type Call, type KeyRoute } from "./route.ts";

export function deliveryRoutes(deps: RouteDeps): readonly KeyRoute[] {
  const access = "support";
  const path = "/v1/deliveries";
  return [
    {
      method: "GET",
      path,
      access,
      operation: listDeliveriesOperation(deps.queries),
      answer: (call) => listDeliveries(call, deps),
    },
    {
      method: "GET",
      path: `${path}/:id`,
      access,
      operation: deliveryOperations.get,
      answer: (call) => getDelivery(call, deps),
    },
    {
      method: "POST",
      path: `${path}/:id/redeliver`,
      access,
      operation: deliveryOperations.redeliver,
      answer: (call) => redeliver(call, deps),
    },
  ];
}

function listDeliveries(call: Call, deps: RouteDeps): Promise<Answer | Refusal> | Refusal {
  const query = readListQuery(call, deps, { list: "deliveries", schema: deps.queries.deliveries });
  if (isRefusal(query)) return query;
  const { store, settings } = deps;
  return answerList(call, deps, {
    list: "deliveries",
    page: query.page,
    read: (page) => store.reads.listDeliveries(call.tenantId, query.filter, page),
    spell: (delivery) => deliveryJson(delivery, settings.retention),
  });
}

async function getDelivery(call: Call, deps: RouteDeps): Promise<Answer | Refusal> {
  const id = idOf(call);
  const found = isId("dlv", id) ? await deps.store.reads.getDelivery(call.tenantId, id) : null;
  if (found === null) return notFound;
  const { delivery, attempts } = found;
  const history = { attempts, now: deps.clock.now() };
  return jsonAnswer(status.ok, deliveryJson(delivery, deps.settings.retention, history));
}

/** Allowed from every state, while there is somebody to send it to; the same webhook-id goes out again, as an attempt of its own. */
export async function redeliver(call: Call, deps: RouteDeps): Promise<Answer | Refusal> {
  const { tenantId } = call;
  const body = await readOptionalBody(call.request, reasonRequestSchema, deps.settings.bodyBytesMax);
  if (isRefusal(body)) return body;
  const deliveryId = idOf(call);
  if (!isId("dlv", deliveryId)) return notFound;
  if (await hasLostEndpoint({ tenantId, deliveryId }, deps)) {
    return refusal("endpoint-deleted", "The endpoint that this delivery went to has been deleted.");
  }
  const act = actOf(call, body.value.reason);
  const [delivery] = await deps.store.support.redeliver([{ tenantId, deliveryId }], deps.clock.now(), act);
  if (delivery === undefined || delivery === null) return notFound;
  const location = `/v1/deliveries/${deliveryId}`;
  return jsonAnswer(status.accepted, deliveryJson(delivery, deps.settings.retention), { location });
}

/** One that is deleted a moment later cancels what is due, and says so. */
async function hasLostEndpoint(
  { tenantId, deliveryId }: { readonly tenantId: string; readonly deliveryId: string },
  { store: { reads } }: RouteDeps,
): Promise<boolean> {
  const endpointId = (await reads.getDelivery(tenantId, deliveryId))?.delivery.endpointId ?? null;
  return endpointId !== null && (await reads.getEndpoint(tenantId, endpointId)) === null;
}
