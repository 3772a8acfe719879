// `PUT /v1/jobs/{id}`: a job under an id that the client has made, so that the same request may be sent any number of times.
import { readJobId, type Accepted } from "@ringback/core";
import { admissionOf } from "../admission/refused-job.ts";
import type { Answer } from "../answers/answer.ts";
import { putJobOperation } from "../descriptions/submissions.ts";
import { requestHashOf } from "../intake/idempotency-key.ts";
import { judgeJob } from "../intake/judge-job.ts";
import { parseJsonBytes } from "../intake/parse-json-body.ts";
import { readJsonBytes } from "../intake/read-body.ts";
import { traceparentOf } from "../intake/traceparent.ts";
import { isRefusal, refusal, type Refusal } from "../problems/refusal.ts";
import { acceptedJob } from "./accepted-job.ts";
import type { RouteDeps } from "./route-deps.ts";
import { idOf, type Call, type KeyRoute } from "./route.ts";

export function putJob(deps: RouteDeps): KeyRoute {
  const operation = putJobOperation;
  return {
    method: "PUT",
    path: "/v1/jobs/:id",
    access: "jobs",
    operation,
    submits: true,
    answer: (call) => put(call, deps),
  };
}

async function put(call: Call, deps: RouteDeps): Promise<Answer | Refusal> {
  const id = readJobId(idOf(call));
  if (id === null) {
    return refusal("job-id-invalid", "The id in the path is neither a UUID nor an id of the form job_….");
  }
  const bytes = await readJsonBytes(call.request, deps.settings.bodyBytesMax);
  if (isRefusal(bytes)) return bytes;
  const accepted = await deps.intakeGate.pass(() => accept(call, { id, bytes }, deps));
  return isRefusal(accepted) ? accepted : acceptedJob(call, accepted, deps);
}

interface Arrived {
  readonly id: string;
  readonly bytes: Uint8Array;
}

async function accept(call: Call, { id, bytes }: Arrived, deps: RouteDeps): Promise<Accepted | Refusal> {
  const { tenantId } = call;
  const requestHash = requestHashOf(`PUT /v1/jobs/${id}`, bytes);
  // What was accepted once is answered again, whatever would be refused today; the store settles two at the same time.
  const earlier = await findEarlier({ tenantId, id, requestHash }, deps);
  if (earlier !== null) return earlier;
  const body = parseJsonBytes(bytes, "input");
  if (isRefusal(body)) return body;
  const asked = await judgeJob({ tenantId, id, body, traceparent: traceparentOf(call) }, deps);
  if (isRefusal(asked)) return asked;
  const admission = admissionOf(deps.settings);
  const acceptance = { ...asked, idempotency: null, ownId: { requestHash }, admission };
  const [accepted] = await deps.store.intake.acceptJobs([acceptance], deps.clock.now());
  if (accepted === undefined) throw new Error("the store answered for no job");
  return accepted;
}

interface Named {
  readonly tenantId: string;
  readonly id: string;
  readonly requestHash: string;
}

async function findEarlier({ tenantId, id, requestHash }: Named, deps: RouteDeps): Promise<Accepted | null> {
  const found = await deps.store.reads.findByOwnId(tenantId, id);
  if (found === null) return null;
  return found.requestHash === requestHash
    ? { kind: "replayed", job: found.job }
    : { kind: "id_reused", jobId: id };
}
