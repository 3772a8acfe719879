// `POST /v1/jobs`: from a request to an accepted job. The store makes acceptance atomic; here everything is checked first.
import {
  makeId,
  type Acceptance,
  type Accepted,
  type JobWithPayloads,
  type Kind,
  type NewJob,
} from "@ringback/core";
import type { Answer } from "../answers/answer.ts";
import { submitJobOperation } from "../descriptions/jobs.ts";
import { idempotencyKeyOf, requestHashOf } from "../intake/idempotency-key.ts";
import { metadataProblem } from "../intake/metadata-problem.ts";
import { readJsonBytes } from "../intake/read-body.ts";
import { endpointUnknown, judgeCallback, type JudgedCallback } from "../intake/judge-callback.ts";
import { parseJsonBytes, type JsonBody } from "../intake/parse-json-body.ts";
import { isRefusal, refusal, type Refusal } from "../problems/refusal.ts";
import { acceptedAnswer } from "../representations/job-answer.ts";
import { checkShape } from "../schemas/check-shape.ts";
import { jobRequestSchema, type JobRequest } from "../schemas/job-request.ts";
import type { RouteDeps } from "./route-deps.ts";
import type { Call, KeyRoute } from "./route.ts";

const path = "/v1/jobs";

export function submitJob(deps: RouteDeps): KeyRoute {
  const operation = submitJobOperation;
  return { method: "POST", path, access: "jobs", operation, answer: (call) => submit(call, deps) };
}

async function submit(call: Call, deps: RouteDeps): Promise<Answer | Refusal> {
  const { request } = call;
  const key = idempotencyKeyOf(request.header("idempotency-key"));
  if (key !== null && isRefusal(key)) return key;
  const bytes = await readJsonBytes(request, deps.settings.bodyBytesMax);
  if (isRefusal(bytes)) return bytes;
  return deps.intakeGate.pass(() => acceptOnce(call, { bytes, key }, deps));
}

interface Arrived {
  readonly bytes: Uint8Array;
  readonly key: { readonly key: string } | null;
}

async function acceptOnce(call: Call, { bytes, key }: Arrived, deps: RouteDeps): Promise<Answer | Refusal> {
  const { tenantId } = call;
  const idempotency =
    key === null
      ? null
      : {
          key: key.key,
          requestHash: requestHashOf(`POST ${path}`, bytes),
          expiresAt: deps.clock.now() + deps.settings.idempotencyTtlMs,
        };
  // What was accepted once is answered again, whatever would be refused today; the store settles two at the same time.
  const earlier = idempotency === null ? null : await findEarlier(tenantId, idempotency, deps);
  if (earlier !== null) return answerTo(earlier, deps);
  const asked = await judge(call, bytes, deps);
  if (isRefusal(asked)) return asked;
  const [accepted] = await deps.store.intake.acceptJobs([{ ...asked, idempotency }], deps.clock.now());
  if (accepted === undefined) throw new Error("the store answered for no job");
  return answerTo(accepted, deps);
}

/** What the key was used for before; null when it was not, and then it is free or just being taken. */
async function findEarlier(
  tenantId: string,
  { key, requestHash }: NonNullable<Acceptance["idempotency"]>,
  { store, clock }: RouteDeps,
): Promise<Accepted | null> {
  const found = await store.reads.findIdempotent(tenantId, key, clock.now());
  if (found === null) return null;
  return found.requestHash === requestHash
    ? { kind: "replayed", job: found.job }
    : { kind: "key_reused", requestHash: found.requestHash, jobId: found.job.id };
}

/** Everything that can be wrong with a request, and the job it asks for when nothing is. */
async function judge(
  call: Call,
  bytes: Uint8Array,
  deps: RouteDeps,
): Promise<Pick<Acceptance, "job" | "receiver"> | Refusal> {
  const body = parseJsonBytes(bytes, "input");
  if (isRefusal(body)) return body;
  const shape = checkShape(jobRequestSchema, body.value);
  if (isRefusal(shape)) return shape;
  const asked = shape.value;
  const changing = metadataProblem(body);
  if (changing !== null) return changing;
  const kind = await judgeKind(asked, deps);
  if (isRefusal(kind)) return kind;
  const judged = asked.callback === undefined ? null : await judgeCallback(asked.callback, deps);
  if (judged !== null && isRefusal(judged)) return judged;
  const id = makeId("job", deps.clock.now(), deps.random);
  return { job: newJob({ call, asked, kind, body, judged }, id), receiver: judged?.receiver ?? null };
}

async function judgeKind(asked: JobRequest, { kinds }: RouteDeps): Promise<Kind | Refusal> {
  const kind = kinds.get(asked.kind);
  if (kind === undefined) {
    const known =
      kinds.names.length === 0 ? "There are none." : `The kinds here are ${kinds.names.join(", ")}.`;
    return refusal(
      "unknown-kind",
      `No handler is loaded for the kind ${JSON.stringify(asked.kind)}. ${known}`,
      {
        errors: [{ path: "/kind", message: "there is no such kind" }],
      },
    );
  }
  const check = await kind.admitInput(asked.input);
  if (check.ok) return kind;
  const errors = check.problems.map(({ path, message }) => ({ path: `/input${path}`, message }));
  const [first] = errors;
  return refusal(
    "input-invalid",
    `The kind ${asked.kind} refuses the input: ${first?.path ?? "/input"}: ${first?.message ?? "it is not valid"}`,
    {
      errors: errors.slice(0, 50),
    },
  );
}

interface Judged {
  readonly call: Call;
  readonly asked: JobRequest;
  readonly kind: Kind;
  readonly body: JsonBody;
  readonly judged: JudgedCallback | null;
}

function newJob({ call, asked, kind, body, judged }: Judged, id: string): NewJob {
  return {
    tenantId: call.tenantId,
    id,
    kind: kind.name,
    input: body.opaque,
    metadata: asked.metadata ?? {},
    priority: asked.priority ?? 0,
    runAt: asked.runAt ?? null,
    runTimeoutMs: asked.runTimeoutMs ?? kind.runTimeoutMs,
    maxRuns: asked.maxRuns ?? kind.maxRuns,
    callback: judged?.callback ?? null,
    traceparent: traceparentOf(call.request.header("traceparent")),
  };
}

function answerTo(accepted: Accepted, deps: RouteDeps): Answer | Refusal {
  if (accepted.kind === "no_endpoint") return endpointUnknown;
  if (accepted.kind === "key_reused") {
    const { requestHash, jobId } = accepted;
    return refusal(
      "idempotency-key-reused",
      `This key was used for another body, whose SHA-256 begins with ${requestHash.slice(0, 12)}, and made ${jobId}.`,
    );
  }
  const isReplayed = accepted.kind === "replayed";
  return jobAccepted(accepted.job, deps, isReplayed ? { "idempotency-replayed": "true" } : {});
}

function jobAccepted(
  job: JobWithPayloads,
  deps: RouteDeps,
  headers: Readonly<Record<string, string>>,
): Answer {
  return acceptedAnswer(job, { publicUrl: deps.publicUrl(), now: deps.clock.now() }, headers);
}

/** W3C Trace Context, level 1; anything else is left out, as the specification says. */
function traceparentOf(header: string | undefined): string | null {
  return header !== undefined && /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/.test(header)
    ? header
    : null;
}
