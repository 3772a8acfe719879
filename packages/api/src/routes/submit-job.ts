// `POST /v1/jobs`: from a request to an accepted job. The store makes acceptance atomic; here everything is checked first.
import { makeId, type Accepted } from "@ringback/core";
import { admissionOf } from "../admission/refused-job.ts";
import type { Answer } from "../answers/answer.ts";
import { submitJobOperation } from "../descriptions/submissions.ts";
import { findUseOfKey, idempotencyKeyOf, requestHashOf } from "../intake/idempotency-key.ts";
import { judgeJob } from "../intake/judge-job.ts";
import { parseJsonBytes } from "../intake/parse-json-body.ts";
import { readJsonBytes } from "../intake/read-body.ts";
import { traceparentOf } from "../intake/traceparent.ts";
import { isRefusal, type Refusal } from "../problems/refusal.ts";
import { acceptedJob } from "./accepted-job.ts";
import type { RouteDeps } from "./route-deps.ts";
import type { Call, KeyRoute } from "./route.ts";

const path = "/v1/jobs";

export function submitJob(deps: RouteDeps): KeyRoute {
  const operation = submitJobOperation;
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
  const key = idempotencyKeyOf(request.header("idempotency-key"));
  if (key !== null && isRefusal(key)) return key;
  const bytes = await readJsonBytes(request, deps.settings.bodyBytesMax);
  if (isRefusal(bytes)) return bytes;
  const accepted = await deps.intakeGate.pass(() => accept(call, { bytes, key }, deps));
  return isRefusal(accepted) ? accepted : acceptedJob(call, accepted, deps);
}

interface Arrived {
  readonly bytes: Uint8Array;
  readonly key: { readonly key: string } | null;
}

async function accept(call: Call, { bytes, key }: Arrived, deps: RouteDeps): Promise<Accepted | Refusal> {
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
  const earlier = idempotency === null ? null : await findUseOfKey(tenantId, idempotency, deps);
  if (earlier !== null) return earlier;
  const body = parseJsonBytes(bytes, "input");
  if (isRefusal(body)) return body;
  const id = makeId("job", deps.clock.now(), deps.random);
  const asked = await judgeJob({ tenantId, id, body, traceparent: traceparentOf(call) }, deps);
  if (isRefusal(asked)) return asked;
  const [accepted] = await deps.store.intake.acceptJobs(
    [{ ...asked, idempotency, admission: admissionOf(deps.settings) }],
    deps.clock.now(),
  );
  if (accepted === undefined) throw new Error("the store answered for no job");
  return accepted;
}
