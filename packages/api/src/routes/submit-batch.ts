// `POST /v1/jobs/batch`: many jobs in one request and one commit. Each is accepted or refused by itself, or, with
// `atomic=true`, all are or none is.
import { hash } from "node:crypto";
import { makeId, type Acceptance } from "@ringback/core";
import { admissionOf } from "../admission/refused-job.ts";
import { jsonAnswer, type Answer } from "../answers/answer.ts";
import { status } from "../answers/status.ts";
import { submitBatchOperation } from "../descriptions/submissions.ts";
import { findUseOfKey, idempotencyKeyOf, requestHashOf } from "../intake/idempotency-key.ts";
import { judgeJob } from "../intake/judge-job.ts";
import type { JsonBody } from "../intake/parse-json-body.ts";
import { readJsonBytes } from "../intake/read-body.ts";
import { splitBatch } from "../intake/split-batch.ts";
import { traceparentOf } from "../intake/traceparent.ts";
import { isRefusal, problemDocument, refusal, type FieldProblem, type Refusal } from "../problems/refusal.ts";
import { jobJson } from "../representations/job-answer.ts";
import { readQuery } from "../schemas/read-query.ts";
import { isReplayed, showingAtOnce, takenJob, type TakenJob } from "./accepted-job.ts";
import type { RouteDeps } from "./route-deps.ts";
import type { Call, KeyRoute } from "./route.ts";

const path = "/v1/jobs/batch";

export function submitBatch(deps: RouteDeps): KeyRoute {
  const operation = submitBatchOperation(deps.queries);
  return {
    method: "POST",
    path,
    access: "jobs",
    operation,
    submits: true,
    answer: (call) => submit(call, deps),
  };
}

async function submit(call: Call, deps: RouteDeps): Promise<Answer | Refusal> {
  const { request } = call;
  const { batchBytesMax, batchJobsMax } = deps.settings;
  const query = readQuery(request, deps.queries.batch);
  if (isRefusal(query)) return query;
  const key = idempotencyKeyOf(request.header("idempotency-key"));
  if (key !== null && isRefusal(key)) return key;
  const bytes = await readJsonBytes(request, batchBytesMax);
  if (isRefusal(bytes)) return bytes;
  const bodies = splitBatch(bytes, batchJobsMax);
  if (isRefusal(bodies)) return bodies;
  const keyOf = key === null ? () => null : itemKeys(key.key, bytes, deps);
  const isAtomic = query.value.atomic === "true";
  const settle = (): Promise<Answer | Refusal> => acceptAll(call, { bodies, keyOf, isAtomic }, deps);
  return deps.intakeGate.pass(settle, bodies.length);
}

async function acceptAll(
  call: Call,
  { isAtomic, ...arrived }: Bodies & { readonly isAtomic: boolean },
  deps: RouteDeps,
): Promise<Answer | Refusal> {
  const judged = await judgeAll(call, arrived, deps);
  if (isAtomic && judged.some(isObstacle)) return batchRefused(judged);
  const taken = await takeAll(judged, isAtomic, deps);
  for (const one of taken) if (!isRefusal(one)) call.submission?.took(one.job, isReplayed(one));
  if (!isAtomic) return batchAnswer(taken, call, deps);
  return lackOfRoom(taken) ?? (taken.some(isObstacle) ? batchRefused(taken) : batchAnswer(taken, call, deps));
}

/** Why there is no room for the batch, when nothing else stands against it: then it may be sent again as it is. */
function lackOfRoom(taken: readonly (TakenJob | Refusal)[]): Refusal | null {
  const obstacles = taken
    .filter(isRefusal)
    .filter((one) => isObstacle(one) && one.refused !== "batch-refused");
  const lacksOnlyRoom = obstacles.every(
    ({ refused }) => refused === "quota-exceeded" || refused === "overloaded",
  );
  return lacksOnlyRoom ? (obstacles[0] ?? null) : null;
}

/** A job that was accepted once and has expired since is no reason against the others. */
function isObstacle(one: Judged): boolean {
  return isRefusal(one) && one.refused !== "job-expired";
}

/**
 * Every job of a batch has a key of its own, made of the batch's key and the job's place; no client's key has a line break. So
 * a batch that is sent again makes no job twice, also when some of its jobs were refused before.
 */
function itemKeys(
  key: string,
  bytes: Uint8Array,
  { clock, settings }: RouteDeps,
): (index: number) => Acceptance["idempotency"] {
  const requestHash = requestHashOf(`POST ${path}`, bytes);
  const expiresAt = clock.now() + settings.idempotencyTtlMs;
  const digest = hash("sha256", key, "hex");
  return (index) => ({ key: `batch\n${digest}\n${index}`, requestHash, expiresAt });
}

interface Bodies {
  readonly bodies: readonly (JsonBody | Refusal)[];
  readonly keyOf: (index: number) => Acceptance["idempotency"];
}

/** A batch is not to take all of the address guard's look-ups at once, nor to wait for each of them. */
const judgedAtOnce = 10;

/** One that is to be accepted, or what is to be answered without asking for that. */
type Judged = Acceptance | TakenJob | Refusal;

async function judgeAll(call: Call, { bodies, keyOf }: Bodies, deps: RouteDeps): Promise<Judged[]> {
  const judged: Judged[] = [];
  while (judged.length < bodies.length) {
    const first = judged.length;
    const some = bodies.slice(first, first + judgedAtOnce);
    judged.push(
      ...(await Promise.all(some.map((body, at) => judgeOne(call, body, keyOf(first + at), deps)))),
    );
  }
  return judged;
}

async function judgeOne(
  call: Call,
  body: JsonBody | Refusal,
  idempotency: Acceptance["idempotency"],
  deps: RouteDeps,
): Promise<Judged> {
  const { tenantId } = call;
  const id = makeId("job", deps.clock.now(), deps.random);
  const one = isRefusal(body)
    ? body
    : await judgeJob({ tenantId, id, body, traceparent: traceparentOf(call) }, deps);
  if (!isRefusal(one)) return { ...one, idempotency, admission: admissionOf(deps.settings) };
  // What was accepted once is answered again, whatever would be refused today.
  const earlier = idempotency === null ? null : await findUseOfKey(tenantId, idempotency, deps);
  return earlier === null ? one : takenJob(earlier, deps);
}

/** In the order of the batch. */
async function takeAll(
  judged: readonly Judged[],
  isAtomic: boolean,
  deps: RouteDeps,
): Promise<(TakenJob | Refusal)[]> {
  const { intake } = deps.store;
  const acceptable = judged.filter(isAcceptance);
  const now = deps.clock.now();
  const accepted =
    acceptable.length === 0
      ? []
      : await (isAtomic ? intake.acceptTogether(acceptable, now) : intake.acceptJobs(acceptable, now));
  const answers = accepted[Symbol.iterator]();
  return judged.map((one) => {
    if (!isAcceptance(one)) return one;
    const { value } = answers.next();
    if (value === undefined) throw new Error("the store answered for fewer jobs than it was given");
    return takenJob(value, deps);
  });
}

function isAcceptance(one: Judged): one is Acceptance {
  return "idempotency" in one;
}

const errorsMax = 50;

function batchRefused(taken: readonly object[]): Refusal {
  const errors: FieldProblem[] = [];
  for (const [index, one] of taken.entries()) {
    // Those that were only held back with the others say nothing of themselves.
    if (!isRefusal(one) || one.refused === "batch-refused") continue;
    const own = one.errors ?? [{ path: "", message: one.detail }];
    for (const { path, message } of own) errors.push({ path: `/jobs/${index}${path}`, message });
  }
  const [first] = errors;
  const detail = `No job was accepted. ${first?.path ?? "/jobs"}: ${first?.message ?? "it was refused"}`;
  return refusal("batch-refused", detail, { errors: errors.slice(0, errorsMax) });
}

function batchAnswer(taken: readonly (TakenJob | Refusal)[], call: Call, deps: RouteDeps): Answer {
  const items = taken.map((one, index) =>
    isRefusal(one)
      ? `{"index":${index},"problem":${JSON.stringify(problemDocument(one, call.requestId))}}`
      : `{"index":${index},"job":${jobJson(one.job, showingAtOnce(one.job, deps))}}`,
  );
  const allReplayed = taken.every(isReplayed);
  return jsonAnswer(
    status.accepted,
    `{"jobs":[${items.join(",")}]}`,
    allReplayed ? { "idempotency-replayed": "true" } : {},
  );
}
