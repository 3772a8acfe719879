// `/v1/jobs/{id}/complete` and `/fail`: how an upstream that answered 202 ends the job it was called for. It has no key; the
// one-time token it was sent is good for one run of one job.
import { isId, type RunKey, type RunOutcome } from "@ringback/core";
import type { Answer } from "../answers/answer.ts";
import { unauthenticated } from "../auth/authenticator.ts";
import { completionOperations } from "../descriptions/completion.ts";
import { readFailure, readResult } from "../intake/read-run-end.ts";
import { isRefusal, notFound, refusal, type Refusal } from "../problems/refusal.ts";
import { endAnswer, endRun } from "./end-run.ts";
import type { RouteDeps } from "./route-deps.ts";
import { idOf, type Call, type KeyRoute, type OpenCall } from "./route.ts";

const tokenHeader = "ringback-token";

export function completionRoutes(deps: RouteDeps): readonly KeyRoute[] {
  const access = "jobs";
  const operations = completionOperations;
  const byToken = (call: OpenCall) => ownerByToken(call, deps);
  return [
    {
      method: "POST",
      path: "/v1/jobs/:id/complete",
      access,
      operation: operations.complete,
      byToken,
      answer: (call) => end(call, deps, (run) => readResult(call.request, run, deps)),
    },
    {
      method: "POST",
      path: "/v1/jobs/:id/fail",
      access,
      operation: operations.fail,
      byToken,
      answer: (call) => end(call, deps, () => readFailure(call.request, "upstream_failed", deps)),
    },
  ];
}

function ownerByToken(
  call: OpenCall,
  { runTokens }: RouteDeps,
): { readonly tenantId: string } | Refusal | null {
  const token = call.request.header(tokenHeader);
  if (token === undefined) return null;
  return runTokens.openCompletion(idOf(call), token) ?? unauthenticated("The token is not one for this job.");
}

async function end(
  call: Call,
  deps: RouteDeps,
  read: (run: RunKey) => Promise<RunOutcome | Refusal>,
): Promise<Answer | Refusal> {
  const jobId = idOf(call);
  const token = call.request.header(tokenHeader) ?? "";
  const run = deps.runTokens.openCompletion(jobId, token);
  if (run === null || run.tenantId !== call.tenantId) return withoutToken(call, deps);
  const outcome = await read(run);
  return isRefusal(outcome) ? outcome : endAnswer(await endRun(run, outcome, deps));
}

/** A key alone ends no run, since it does not say which one. */
async function withoutToken(call: Call, deps: RouteDeps): Promise<Refusal> {
  const id = idOf(call);
  const job = isId("job", id) ? await deps.store.reads.getJob(call.tenantId, id) : null;
  if (job === null) return notFound;
  return refusal(
    "invalid-request",
    "The header ringback-token is missing: the one the upstream was called with.",
  );
}
