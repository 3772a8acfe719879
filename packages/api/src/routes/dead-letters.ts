// Dead letters: what was given up and by which cause, and what is decided about one: redeliver it, discard it, note something.
import { isId } from "@ringback/core";
import { jsonAnswer, type Answer } from "../answers/answer.ts";
import { status } from "../answers/status.ts";
import {
  deadLetterOperations,
  groupDeadLettersOperation,
  listDeadLettersOperation,
} from "../descriptions/dead-letters.ts";
import { parseJsonBody } from "../intake/parse-json-body.ts";
import { isRefusal, notFound, refusal, type Refusal } from "../problems/refusal.ts";
import { deadLetterGroupJson, deadLetterJson } from "../representations/delivery-json.ts";
import { checkShape } from "../schemas/check-shape.ts";
import { discardRequestSchema, noteRequestSchema } from "../schemas/dead-letter-request.ts";
import { readQuery } from "../schemas/read-query.ts";
import { withoutUndefined } from "../schemas/without-undefined.ts";
import { answerList } from "./answer-list.ts";
import { redeliver } from "./deliveries.ts";
import { readListQuery } from "./read-list-query.ts";
import type { RouteDeps } from "./route-deps.ts";
import { actOf, idOf, type Call, type KeyRoute } from "./route.ts";

export function deadLetterRoutes(deps: RouteDeps): readonly KeyRoute[] {
  const access = "support";
  const path = "/v1/dead-letters";
  const operations = deadLetterOperations;
  return [
    {
      method: "GET",
      path,
      access,
      operation: listDeadLettersOperation(deps.queries),
      answer: (call) => listDeadLetters(call, deps),
    },
    // Before the ids, none of which is spelled like this.
    {
      method: "GET",
      path: `${path}/groups`,
      access,
      operation: groupDeadLettersOperation(deps.queries),
      answer: (call) => groupDeadLetters(call, deps),
    },
    {
      method: "GET",
      path: `${path}/:id`,
      access,
      operation: operations.get,
      answer: (call) => getDeadLetter(call, deps),
    },
    {
      method: "PATCH",
      path: `${path}/:id`,
      access,
      operation: operations.note,
      answer: (call) => noteDeadLetter(call, deps),
    },
    {
      method: "POST",
      path: `${path}/:id/redeliver`,
      access,
      operation: operations.redeliver,
      answer: (call) => redeliverDead(call, deps),
    },
    {
      method: "POST",
      path: `${path}/:id/discard`,
      access,
      operation: operations.discard,
      answer: (call) => discardDead(call, deps),
    },
  ];
}

function listDeadLetters(call: Call, deps: RouteDeps): Promise<Answer | Refusal> | Refusal {
  const query = readListQuery(call, deps, { list: "dead-letters", schema: deps.queries.deadLetters });
  if (isRefusal(query)) return query;
  const { store, settings } = deps;
  return answerList(call, deps, {
    list: "dead-letters",
    page: query.page,
    read: (page) => store.reads.listDeadLetters(call.tenantId, query.filter, page),
    spell: (deadLetter) => deadLetterJson(deadLetter, settings.retention),
  });
}

/** More causes than this are not told apart any more: nobody reads them. */
const groupsMax = 10_000;

/** The most frequent causes first; `groups` and `deadLetters` say how many there are in all. */
async function groupDeadLetters(call: Call, deps: RouteDeps): Promise<Answer | Refusal> {
  const query = readQuery(call.request, deps.queries.deadLetterGroups);
  if (isRefusal(query)) return query;
  const { limit, after: from, before: until, ...asked } = query.value;
  const filter = withoutUndefined({ ...asked, from, until });
  const groups = await deps.store.reads.groupDeadLetters(call.tenantId, filter, groupsMax);
  const shown = groups.toSorted((left, right) => right.count - left.count).slice(0, limit);
  const total = groups.reduce((sum, { count }) => sum + count, 0);
  const body = `{"data":[${shown.map(deadLetterGroupJson).join(",")}],"groups":${groups.length},"deadLetters":${total}}`;
  return jsonAnswer(status.ok, body);
}

async function getDeadLetter(call: Call, deps: RouteDeps): Promise<Answer | Refusal> {
  const id = idOf(call);
  const found = isId("dlv", id) ? await deps.store.reads.getDeadLetter(call.tenantId, id) : null;
  if (found === null) return notFound;
  const { deadLetter, attempts } = found;
  const history = { attempts, now: deps.clock.now() };
  return jsonAnswer(status.ok, deadLetterJson(deadLetter, deps.settings.retention, history));
}

async function redeliverDead(call: Call, deps: RouteDeps): Promise<Answer | Refusal> {
  return (await isThere(call, deps)) ? redeliver(call, deps) : notFound;
}

async function discardDead(call: Call, deps: RouteDeps): Promise<Answer | Refusal> {
  // Before the body is judged: what is not there is not there, whatever is said about it.
  if (!(await isThere(call, deps))) return notFound;
  const body = await parseJsonBody(call.request, deps.settings.bodyBytesMax);
  if (isRefusal(body)) return body;
  const shape = checkShape(discardRequestSchema, body.value);
  if (isRefusal(shape)) return shape;
  const { reason } = shape.value;
  const key = { tenantId: call.tenantId, deliveryId: idOf(call) };
  const done = await deps.store.support.discard(key, reason, deps.clock.now(), actOf(call, reason));
  if (done === null) return notFound;
  if (done === "resolved") {
    return refusal(
      "dead-letter-resolved",
      "It was redelivered and has arrived, so there is nothing to discard.",
    );
  }
  return getDeadLetter(call, deps);
}

async function noteDeadLetter(call: Call, deps: RouteDeps): Promise<Answer | Refusal> {
  if (!(await isThere(call, deps))) return notFound;
  const body = await parseJsonBody(call.request, deps.settings.bodyBytesMax);
  if (isRefusal(body)) return body;
  const shape = checkShape(noteRequestSchema, body.value);
  if (isRefusal(shape)) return shape;
  const key = { tenantId: call.tenantId, deliveryId: idOf(call) };
  const { note, reason } = shape.value;
  const isDone = await deps.store.support.note(key, note, deps.clock.now(), actOf(call, reason));
  return isDone ? getDeadLetter(call, deps) : notFound;
}

async function isThere(call: Call, deps: RouteDeps): Promise<boolean> {
  const id = idOf(call);
  return isId("dlv", id) && (await deps.store.reads.getDeadLetter(call.tenantId, id)) !== null;
}
