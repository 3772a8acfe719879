// `/v1/leases`: how jobs are worked in any language. A lease is a token for one run; while its holder beats, the run is its own.
import type { ClaimedRun } from "@ringback/core";
import { formatInstant, jobToJson } from "@ringback/core";
import { jsonAnswer, type Answer } from "../answers/answer.ts";
import { status } from "../answers/status.ts";
import { leaseOperations } from "../descriptions/leases.ts";
import { parseJsonBody, parseJsonBytes } from "../intake/parse-json-body.ts";
import { readOptionalJsonBytes } from "../intake/read-body.ts";
import { readFailure, readResult } from "../intake/read-run-end.ts";
import { isRefusal, notFound, type Refusal } from "../problems/refusal.ts";
import { checkShape } from "../schemas/check-shape.ts";
import { heartbeatSchema, leaseRequestSchema } from "../schemas/lease-request.ts";
import type { LeasedRun } from "../tokens/run-tokens.ts";
import { endAnswer, endRun, leaseLost } from "./end-run.ts";
import type { RouteDeps } from "./route-deps.ts";
import type { Call, KeyRoute } from "./route.ts";

const path = "/v1/leases";

export function leaseRoutes(deps: RouteDeps): readonly KeyRoute[] {
  const access = "jobs";
  const operations = leaseOperations;
  const held = (act: (call: Call, run: LeasedRun, deps: RouteDeps) => Promise<Answer | Refusal>) => ({
    method: "POST" as const,
    access: "jobs" as const,
    answer: (call: Call) => withRun(call, deps, act),
  });
  return [
    { method: "POST", path, access, operation: operations.lease, answer: (call) => lease(call, deps) },
    { path: `${path}/:token/heartbeat`, operation: operations.heartbeat, ...held(beat) },
    { path: `${path}/:token/complete`, operation: operations.complete, ...held(complete) },
    { path: `${path}/:token/fail`, operation: operations.fail, ...held(fail) },
  ];
}

async function lease(call: Call, deps: RouteDeps): Promise<Answer | Refusal> {
  const { request, tenantId } = call;
  const body = await parseJsonBody(request, deps.settings.bodyBytesMax);
  if (isRefusal(body)) return body;
  const shape = checkShape(leaseRequestSchema, body.value);
  if (isRefusal(shape)) return shape;
  const { kinds, max, wait } = shape.value;
  const { signal } = request.raw;
  await deps.leasedKinds.worked(tenantId, kinds);
  const runs = await deps.leaseDesk.lease({ tenantId, kinds, max, waitMs: wait * 1_000, signal });
  return jsonAnswer(status.ok, `{"leases":[${runs.map((run) => leaseJson(run, deps)).join(",")}]}`);
}

/** The input stands in the job as the text it came in. */
function leaseJson(run: ClaimedRun, { runTokens, clock, settings, traces }: RouteDeps): string {
  const { leaseMs } = settings;
  const { carried, traceparent } = traces.run(run);
  const token = runTokens.sealLease({ ...run, kind: run.job.kind, begunAt: clock.now(), carried });
  const trace = traceparent ?? run.traceparent;
  const about = {
    token,
    expiresAt: formatInstant(run.leaseUntil),
    heartbeatMs: Math.floor(leaseMs / 3),
    run: run.runNumber,
    runTimeoutMs: run.runTimeoutMs,
    ...(trace === null ? {} : { traceparent: trace }),
  };
  const job = jobToJson(
    { ...run.job, input: run.input, result: null },
    { resultUrl: null, resultBytesMax: 0 },
  );
  return `${JSON.stringify(about).slice(0, -1)},"job":${job}}`;
}

/** A token that is none, and one of another tenant, is not there. A run beyond its own time is ended as `run_timeout`. */
async function withRun(
  call: Call,
  deps: RouteDeps,
  act: (call: Call, run: LeasedRun, deps: RouteDeps) => Promise<Answer | Refusal>,
): Promise<Answer | Refusal> {
  const run = deps.runTokens.openLease(call.tenantId, call.request.param("token") ?? "");
  if (run === null) return notFound;
  if (deps.clock.now() < run.begunAt + run.runTimeoutMs) return act(call, run, deps);
  const message = `The run took longer than ${run.runTimeoutMs} ms.`;
  await endRun(run, { kind: "failed", code: "run_timeout", message, retryable: true }, deps);
  return leaseLost;
}

async function beat(call: Call, run: LeasedRun, deps: RouteDeps): Promise<Answer | Refusal> {
  const { store, clock, settings } = deps;
  const bytes = await readOptionalJsonBytes(call.request, settings.bodyBytesMax);
  if (isRefusal(bytes)) return bytes;
  const body = bytes.length === 0 ? { value: {} } : parseJsonBytes(bytes, null);
  if (isRefusal(body)) return body;
  const shape = checkShape(heartbeatSchema, body.value);
  if (isRefusal(shape)) return shape;
  const now = clock.now();
  const { leaseMs } = settings;
  const [extension = "lost"] = await store.runs.extend([run], { now, leaseMs });
  if (extension === "lost") return leaseLost;
  await deps.leasedKinds.worked(run.tenantId, [run.kind]);
  const { progress } = shape.value;
  if (progress !== undefined) {
    const message = progress.message ?? null;
    await store.runs.reportProgress([{ ...run, percent: Math.round(progress.percent), message }], now);
  }
  const answer = {
    expiresAt: formatInstant(now + leaseMs),
    cancelRequested: extension === "cancel_requested",
  };
  return jsonAnswer(status.ok, JSON.stringify(answer));
}

async function complete(call: Call, run: LeasedRun, deps: RouteDeps): Promise<Answer | Refusal> {
  const outcome = await readResult(call.request, run, deps);
  return isRefusal(outcome) ? outcome : endAnswer(await endRun(run, outcome, deps));
}

async function fail(call: Call, run: LeasedRun, deps: RouteDeps): Promise<Answer | Refusal> {
  const outcome = await readFailure(call.request, "handler_error", deps);
  return isRefusal(outcome) ? outcome : endAnswer(await endRun(run, outcome, deps));
}
