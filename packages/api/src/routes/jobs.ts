// Reading and canceling jobs: `/v1/jobs`, `/v1/jobs/{id}`, its status monitor and its result.
import { isDone, readJobId, type Job, type JobFilter } from "@ringback/core";
import { noContent, notModified, type Answer } from "../answers/answer.ts";
import { etagOf, isUnchanged } from "../answers/etag.ts";
import { goneRefusal } from "../answers/gone.ts";
import { retryAfterSeconds } from "../answers/retry-after.ts";
import { status } from "../answers/status.ts";
import { unauthenticated } from "../auth/authenticator.ts";
import { jobOperations, listJobsOperation } from "../descriptions/jobs.ts";
import { isRefusal, notFound, refusal, type Refusal } from "../problems/refusal.ts";
import {
  acceptedAnswer,
  canceledAnswer,
  jobAnswer,
  jobJson,
  seeResultAnswer,
} from "../representations/job-answer.ts";
import { pageAnswer } from "../representations/page-json.ts";
import { readQuery } from "../schemas/read-query.ts";
import { withoutUndefined } from "../schemas/without-undefined.ts";
import { jobKeyOf, keptJob, pollJob, showing, showingOf } from "./read-job.ts";
import type { RouteDeps } from "./route-deps.ts";
import { idOf, type Call, type KeyRoute, type OpenCall } from "./route.ts";

export function jobRoutes(deps: RouteDeps): readonly KeyRoute[] {
  const access = "jobs";
  return [
    {
      method: "GET",
      path: "/v1/jobs",
      access,
      operation: listJobsOperation(deps.queries),
      answer: (call) => listJobs(call, deps),
    },
    {
      method: "GET",
      path: "/v1/jobs/:id",
      access,
      operation: jobOperations.get,
      answer: (call) => getJob(call, deps),
    },
    {
      method: "DELETE",
      path: "/v1/jobs/:id",
      access,
      operation: jobOperations.cancel,
      answer: (call) => cancelJob(call, deps),
    },
    {
      method: "GET",
      path: "/v1/jobs/:id/status",
      access,
      operation: jobOperations.status,
      answer: (call) => getStatus(call, deps),
    },
    {
      method: "GET",
      path: "/v1/jobs/:id/result",
      access,
      operation: jobOperations.result,
      byToken: (call) => ownerByToken(call, deps),
      answer: (call) => getResult(call, deps),
    },
    {
      method: "DELETE",
      path: "/v1/jobs/:id/result",
      access,
      operation: jobOperations.eraseResult,
      answer: (call) => eraseResult(call, deps),
    },
  ];
}

async function getJob(call: Call, deps: RouteDeps): Promise<Answer | Refusal> {
  // Also when it is done: its deliveries may still change.
  const polled = await pollJob(call, deps, () => true);
  return isRefusal(polled) ? polled : jobAnswer(polled.job, await showingOf(polled.job, deps), polled);
}

async function getStatus(call: Call, deps: RouteDeps): Promise<Answer | Refusal> {
  const polled = await pollJob(call, deps, (job) => !isDone(job.status));
  if (isRefusal(polled)) return polled;
  return polled.job.status === "succeeded"
    ? seeResultAnswer(polled.job, showing(deps), polled.headers)
    : jobAnswer(polled.job, await showingOf(polled.job, deps), polled);
}

async function getResult(call: Call, deps: RouteDeps): Promise<Answer | Refusal> {
  const key = jobKeyOf(call);
  const found = key === null ? null : await deps.store.reads.getResult(key.tenantId, key.jobId);
  if (found === null) return notFound;
  const gone = goneOf(found.job, deps);
  if (gone !== null) return gone;
  const { job, result } = found;
  if (result === null) return noResult(job, deps);
  const etag = etagOf(job.version);
  const headers = { "cache-control": "private, no-cache", "referrer-policy": "no-referrer" };
  if (isUnchanged(call.request.header("if-none-match"), etag)) return notModified(etag, headers);
  return {
    status: status.ok,
    headers: {
      "content-type": /^[\u0020-\u007e]+$/.test(result.contentType)
        ? result.contentType
        : "application/octet-stream",
      // The bytes are a handler's own, HTML perhaps; no browser may run them in this origin.
      "content-security-policy": "sandbox; default-src 'none'",
      "x-content-type-options": "nosniff",
      etag,
      ...headers,
    },
    body: result.body,
  };
}

function noResult(job: Job, deps: RouteDeps): Refusal {
  if (job.status === "failed") {
    return refusal("job-failed", `The job failed (${job.error?.code ?? "handler_error"}) and has no result.`);
  }
  if (job.status === "canceled") return refusal("job-canceled", "The job was canceled and has no result.");
  if (job.resultErasedAt !== null) {
    return refusal("result-erased", "The result was erased because somebody asked for it.");
  }
  if (isDone(job.status)) throw new Error("a job that succeeded has no result");
  const { remainingMs } = deps.outlooks.atOnce(job);
  return refusal("job-not-finished", `The job is ${job.status}.`, {
    headers: { "retry-after": retryAfterSeconds(job, deps.clock.now(), remainingMs) },
  });
}

function goneOf(job: Job, deps: RouteDeps): Refusal | null {
  return goneRefusal(job, { now: deps.clock.now(), tombstoneMs: deps.settings.tombstoneMs });
}

/** 204 for a result that is erased, by this call or by an earlier one. */
async function eraseResult(call: Call, deps: RouteDeps): Promise<Answer | Refusal> {
  const key = jobKeyOf(call);
  if (key === null) return notFound;
  const [job] = await deps.store.intake.eraseResults([key], deps.clock.now());
  if (job === undefined || job === null) return notFound;
  const gone = goneOf(job, deps);
  if (gone !== null) return gone;
  return job.status === "succeeded" ? noContent({ etag: etagOf(job.version) }) : noResult(job, deps);
}

function ownerByToken(call: OpenCall, deps: RouteDeps): { readonly tenantId: string } | Refusal | null {
  const token = call.request.query("token");
  if (token === undefined) return null;
  const verdict = deps.resultLinks.verify(readJobId(idOf(call)) ?? "", token);
  if (verdict.ok) return verdict;
  return unauthenticated(
    verdict.reason === "expired"
      ? "The token of this link has expired; fetch the result with a key."
      : "The token of this link is not one for this result.",
  );
}

async function cancelJob(call: Call, deps: RouteDeps): Promise<Answer | Refusal> {
  const key = jobKeyOf(call);
  if (key === null) return notFound;
  const [canceled] = await deps.store.intake.cancelJobs([key], deps.clock.now());
  if (canceled === undefined) throw new Error("the store answered for no job");
  if (canceled.kind === "not_found") return notFound;
  const kept = keptJob(canceled.job, deps);
  if (isRefusal(kept)) return kept;
  if (canceled.kind === "requested") return acceptedAnswer(canceled.job, showing(deps));
  if (canceled.kind === "canceled") return canceledAnswer(canceled.job, showing(deps));
  return refusal("job-finished", `The job has ${canceled.job.status} already; its outcome stands.`);
}

async function listJobs(call: Call, deps: RouteDeps): Promise<Answer | Refusal> {
  const { request, tenantId } = call;
  const query = readQuery(request, deps.queries.jobs, { acceptsMetadata: true });
  if (isRefusal(query)) return query;
  const { cursor, limit, ...asked } = query.value;
  const after = cursor === undefined ? null : deps.cursors.openPosition("jobs", tenantId, cursor);
  if (after !== null && isRefusal(after)) return after;
  const metadata = Object.keys(query.metadata).length === 0 ? undefined : query.metadata;
  const filter: JobFilter = withoutUndefined({ ...asked, metadata, unexpiredAt: deps.clock.now() });
  const { items, next } = await deps.store.reads.listJobs(tenantId, filter, { after, limit });
  const publicUrl = deps.publicUrl();
  return pageAnswer(
    request,
    items.map((job) => jobJson(job, { publicUrl })),
    next === null ? null : deps.cursors.sealPosition("jobs", tenantId, next),
  );
}
