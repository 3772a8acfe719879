// From one job as it was asked for to one that the store may accept: its shape, kind, input and callback are judged here.
import type { Acceptance, AddressGuard, NewJob } from "@ringback/core";
import { isRefusal, refusal, type Refusal } from "../problems/refusal.ts";
import { checkShape } from "../schemas/check-shape.ts";
import { jobRequestSchema, type JobRequest } from "../schemas/job-request.ts";
import { judgeCallback, type JudgedCallback } from "./judge-callback.ts";
import type { KindDirectory, KnownKind } from "./kind-directory.ts";
import { metadataProblem } from "./metadata-problem.ts";
import type { JsonBody } from "./parse-json-body.ts";

export interface JudgeJobDeps {
  readonly kindDirectory: KindDirectory;
  readonly guard: AddressGuard;
  readonly headerProblem: (name: string, value: string) => string | null;
  readonly settings: { readonly resultTtlMs: number };
}

export interface AskedJob {
  readonly tenantId: string;
  readonly id: string;
  readonly body: JsonBody;
  readonly traceparent: string | null;
}

export type JudgedJob = Pick<Acceptance, "job" | "receiver">;

/** Everything that can be wrong with what is asked for, and the job itself when nothing is. */
export async function judgeJob(asked: AskedJob, deps: JudgeJobDeps): Promise<JudgedJob | Refusal> {
  const { body } = asked;
  const shape = checkShape(jobRequestSchema, body.value);
  if (isRefusal(shape)) return shape;
  const request = shape.value;
  const changing = metadataProblem(body);
  if (changing !== null) return changing;
  const kind = await judgeKind(asked.tenantId, request, deps.kindDirectory);
  if (isRefusal(kind)) return kind;
  const judged = request.callback === undefined ? null : await judgeCallback(request.callback, deps);
  if (judged !== null && isRefusal(judged)) return judged;
  const job = newJob(asked, { request, kind, judged, resultTtlMs: deps.settings.resultTtlMs });
  return { job, receiver: judged?.receiver ?? null };
}

async function judgeKind(
  tenantId: string,
  asked: JobRequest,
  directory: KindDirectory,
): Promise<KnownKind | Refusal> {
  const kind = await directory.find(tenantId, asked.kind);
  if (kind === null) {
    const names = directory.names(tenantId);
    const known = names.length === 0 ? "There are none." : `The kinds here are ${names.join(", ")}.`;
    return refusal(
      "unknown-kind",
      `No process has announced the kind ${JSON.stringify(asked.kind)}. ${known}`,
      { errors: [{ path: "/kind", message: "there is no such kind" }] },
    );
  }
  const check = await kind.admitInput?.(asked.input);
  if (check === undefined || check.ok) return kind;
  const errors = check.problems.map(({ path, message }) => ({ path: `/input${path}`, message }));
  const [first] = errors;
  return refusal(
    "input-invalid",
    `The kind ${asked.kind} refuses the input: ${first?.path ?? "/input"}: ${first?.message ?? "it is not valid"}`,
    { errors: errors.slice(0, 50) },
  );
}

interface Judged {
  readonly request: JobRequest;
  readonly kind: KnownKind;
  readonly judged: JudgedCallback | null;
  readonly resultTtlMs: number;
}

function newJob(asked: AskedJob, { request, kind, judged, resultTtlMs }: Judged): NewJob {
  return {
    tenantId: asked.tenantId,
    id: asked.id,
    kind: kind.kind,
    input: asked.body.opaque,
    metadata: request.metadata ?? {},
    priority: request.priority ?? 0,
    runAt: request.runAt ?? null,
    runTimeoutMs: request.runTimeoutMs ?? kind.runTimeoutMs,
    queueTimeoutMs: request.queueTimeoutMs ?? null,
    maxRuns: request.maxRuns ?? kind.maxRuns,
    resultTtlMs: request.resultTtlMs ?? resultTtlMs,
    callback: judged?.callback ?? null,
    traceparent: asked.traceparent,
  };
}
