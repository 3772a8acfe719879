// `POST /v1/events`: a webhook without a job. What a program has to tell goes to every endpoint of its tenant that wants the
// type, and into the feed.
//
// Scope `jobs`: whoever submits jobs is the program that things happen in, and it reads the feed already. A key that may only
// manage endpoints, such as a customer's own page does, must not be able to tell a tenant's other receivers anything.
import { eventBody, type AcceptedEvent, type EventAcceptance } from "@ringback/core";
import { jsonAnswer, type Answer } from "../answers/answer.ts";
import { status } from "../answers/status.ts";
import { tellEventOperation } from "../descriptions/events.ts";
import { idempotencyKeyOf, requestHashOf } from "../intake/idempotency-key.ts";
import { keyReused } from "../intake/key-reused.ts";
import { parseJsonBytes } from "../intake/parse-json-body.ts";
import { readJsonBytes } from "../intake/read-body.ts";
import { isRefusal, refusal, type Refusal } from "../problems/refusal.ts";
import { eventJson } from "../representations/event-json.ts";
import { checkShape } from "../schemas/check-shape.ts";
import { eventRequestSchema } from "../schemas/event-request.ts";
import type { RouteDeps } from "./route-deps.ts";
import type { Call, KeyRoute } from "./route.ts";

const path = "/v1/events";

export function tellEvent(deps: RouteDeps): KeyRoute {
  const operation = tellEventOperation;
  return { method: "POST", path, access: "jobs", operation, answer: (call) => tell(call, deps) };
}

async function tell(call: Call, deps: RouteDeps): Promise<Answer | Refusal> {
  const { request, tenantId } = call;
  const header = idempotencyKeyOf(request.header("idempotency-key"));
  if (header !== null && isRefusal(header)) return header;
  const bytes = await readJsonBytes(request, deps.settings.bodyBytesMax);
  if (isRefusal(bytes)) return bytes;
  const asked = askedEvent(bytes, header?.key ?? null);
  if (isRefusal(asked)) return asked;
  const { type, data, key } = asked;
  const expiresAt = deps.clock.now() + deps.settings.idempotencyTtlMs;
  const idempotency =
    key === null ? null : { key, requestHash: requestHashOf(`POST ${path}`, bytes), expiresAt };
  const item = { tenantId, type, data, idempotency };
  const accepted = await deps.intakeGate.pass(() => accept(item, deps));
  return isRefusal(accepted) ? accepted : toldAnswer(accepted, item);
}

async function accept(item: EventAcceptance, { store, clock }: RouteDeps): Promise<AcceptedEvent> {
  const [accepted] = await store.intake.acceptEvents([item], clock.now());
  if (accepted === undefined) throw new Error("the store answered for no event");
  return accepted;
}

interface AskedEvent {
  readonly type: string;
  readonly data: string;
  readonly key: string | null;
}

function askedEvent(bytes: Uint8Array, headerKey: string | null): AskedEvent | Refusal {
  const body = parseJsonBytes(bytes, "data");
  if (isRefusal(body)) return body;
  const shape = checkShape(eventRequestSchema, body.value);
  if (isRefusal(shape)) return shape;
  const { type, idempotencyKey: bodyKey = null } = shape.value;
  if (body.opaque === null) return fieldInvalid("/data", "is missing; it may be any JSON value, null too");
  if (headerKey !== null && bodyKey !== null && headerKey !== bodyKey) {
    return fieldInvalid("/idempotencyKey", "is another key than that of the Idempotency-Key header");
  }
  return { type, data: body.opaque, key: headerKey ?? bodyKey };
}

function fieldInvalid(field: string, message: string): Refusal {
  return refusal("invalid-request", `${field}: ${message}.`, { errors: [{ path: field, message }] });
}

/** The event as it was told; of a replay the data are those of the request, which is the same to the byte. */
function toldAnswer(accepted: AcceptedEvent, { type, data }: EventAcceptance): Answer | Refusal {
  if (accepted.kind === "key_reused") return keyReused(accepted);
  const { id, createdAt, deliveries } = accepted;
  const event = eventJson({ id, type, createdAt, body: eventBody(type, createdAt, data) });
  const headers = accepted.kind === "replayed" ? { "idempotency-replayed": "true" } : {};
  return jsonAnswer(status.accepted, `{"event":${event},"deliveries":${deliveries}}`, headers);
}
