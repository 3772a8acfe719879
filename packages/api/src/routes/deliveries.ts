// The support desk's view: deliveries with all their attempts, dead letters, and redelivering either.
import { isId, type DeliveryFilter } from "@ringback/core";
import { jsonAnswer, type Answer } from "../answers/answer.ts";
import { status } from "../answers/status.ts";
import {
  deliveryOperations,
  listDeadLettersOperation,
  listDeliveriesOperation,
} from "../descriptions/deliveries.ts";
import { readOptionalBody } from "../intake/read-optional-body.ts";
import { isRefusal, notFound, type Refusal } from "../problems/refusal.ts";
import { deadLetterJson, deliveryJson } from "../representations/delivery-json.ts";
import { pageAnswer } from "../representations/page-json.ts";
import { readQuery } from "../schemas/read-query.ts";
import { reasonRequestSchema } from "../schemas/reason-request.ts";
import { withoutUndefined } from "../schemas/without-undefined.ts";
import type { CursorList } from "../tokens/cursors.ts";
import type { RouteDeps } from "./route-deps.ts";
import { actOf, idOf, type Call, type KeyRoute } from "./route.ts";

export function deliveryRoutes(deps: RouteDeps): readonly KeyRoute[] {
  const access = "support";
  const operations = deliveryOperations;
  const deliveries = "/v1/deliveries";
  const deadLetters = "/v1/dead-letters";
  return [
    {
      method: "GET",
      path: deliveries,
      access,
      operation: listDeliveriesOperation(deps.queries),
      answer: (call) => listDeliveries(call, deps),
    },
    {
      method: "GET",
      path: `${deliveries}/:id`,
      access,
      operation: operations.get,
      answer: (call) => getDelivery(call, deps),
    },
    {
      method: "POST",
      path: `${deliveries}/:id/redeliver`,
      access,
      operation: operations.redeliver,
      answer: (call) => redeliver(call, deps),
    },
    {
      method: "GET",
      path: deadLetters,
      access,
      operation: listDeadLettersOperation(deps.queries),
      answer: (call) => listDeadLetters(call, deps),
    },
    {
      method: "GET",
      path: `${deadLetters}/:id`,
      access,
      operation: operations.getDead,
      answer: (call) => getDeadLetter(call, deps),
    },
    {
      method: "POST",
      path: `${deadLetters}/:id/redeliver`,
      access,
      operation: operations.redeliverDead,
      answer: (call) => redeliverDead(call, deps),
    },
  ];
}

async function listDeliveries(call: Call, deps: RouteDeps): Promise<Answer | Refusal> {
  const query = readListQuery(call, deps, "deliveries");
  if (isRefusal(query)) return query;
  const { items, next } = await deps.store.reads.listDeliveries(call.tenantId, query.filter, query.page);
  return pageAnswer(
    call.request,
    items.map((delivery) => deliveryJson(delivery)),
    next === null ? null : deps.cursors.sealPosition("deliveries", call.tenantId, next),
  );
}

async function listDeadLetters(call: Call, deps: RouteDeps): Promise<Answer | Refusal> {
  const query = readListQuery(call, deps, "dead-letters");
  if (isRefusal(query)) return query;
  const { items, next } = await deps.store.reads.listDeadLetters(call.tenantId, query.filter, query.page);
  return pageAnswer(
    call.request,
    items.map((deadLetter) => deadLetterJson(deadLetter)),
    next === null ? null : deps.cursors.sealPosition("dead-letters", call.tenantId, next),
  );
}

function readListQuery({ request, tenantId }: Call, deps: RouteDeps, list: CursorList) {
  const query = readQuery(request, deps.queries.deliveries);
  if (isRefusal(query)) return query;
  const { cursor, limit, after: from, before: until, ...asked } = query.value;
  const after = cursor === undefined ? null : deps.cursors.openPosition(list, tenantId, cursor);
  if (after !== null && isRefusal(after)) return after;
  const filter: DeliveryFilter = withoutUndefined({ ...asked, from, until });
  return { filter, page: { after, limit } };
}

async function getDelivery(call: Call, deps: RouteDeps): Promise<Answer | Refusal> {
  const id = idOf(call);
  const found = isId("dlv", id) ? await deps.store.reads.getDelivery(call.tenantId, id) : null;
  if (found === null) return notFound;
  const { delivery, attempts } = found;
  return jsonAnswer(status.ok, deliveryJson(delivery, { attempts, now: deps.clock.now() }));
}

async function getDeadLetter(call: Call, deps: RouteDeps): Promise<Answer | Refusal> {
  const id = idOf(call);
  const found = isId("dlv", id) ? await deps.store.reads.getDeadLetter(call.tenantId, id) : null;
  if (found === null) return notFound;
  const { deadLetter, attempts } = found;
  return jsonAnswer(status.ok, deadLetterJson(deadLetter, { attempts, now: deps.clock.now() }));
}

async function redeliverDead(call: Call, deps: RouteDeps): Promise<Answer | Refusal> {
  const id = idOf(call);
  const found = isId("dlv", id) ? await deps.store.reads.getDeadLetter(call.tenantId, id) : null;
  return found === null ? notFound : redeliver(call, deps);
}

/** Allowed from every state; the same webhook-id goes out again, as an attempt of its own. */
async function redeliver(call: Call, deps: RouteDeps): Promise<Answer | Refusal> {
  const { tenantId } = call;
  const body = await readOptionalBody(call.request, reasonRequestSchema, deps.settings.bodyBytesMax);
  if (isRefusal(body)) return body;
  const deliveryId = idOf(call);
  if (!isId("dlv", deliveryId)) return notFound;
  const act = actOf(call, body.value.reason);
  const [delivery] = await deps.store.support.redeliver([{ tenantId, deliveryId }], deps.clock.now(), act);
  if (delivery === undefined || delivery === null) return notFound;
  return jsonAnswer(status.accepted, deliveryJson(delivery), { location: `/v1/deliveries/${deliveryId}` });
}
