// Reading and canceling jobs: `/v1/jobs`, `/v1/jobs/{id}`, its status monitor and its result.
import { isDone, isId, type Job, type JobFilter } from "@ringback/core";
import { notModified, type Answer } from "../answers/answer.ts";
import { etagOf, isUnchanged } from "../answers/etag.ts";
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
  type Showing,
} from "../representations/job-answer.ts";
import { pageAnswer } from "../representations/page-json.ts";
import { readQuery } from "../schemas/read-query.ts";
import { withoutUndefined } from "../schemas/without-undefined.ts";
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
  ];
}

function showing(deps: RouteDeps): Showing {
  return { publicUrl: deps.publicUrl(), now: deps.clock.now() };
}

async function getJob(call: Call, deps: RouteDeps): Promise<Answer | Refusal> {
  const id = idOf(call);
  const job = isId("job", id) ? await deps.store.reads.getJob(call.tenantId, id) : null;
  return job === null ? notFound : jobAnswer(job, showing(deps), call.request.header("if-none-match"));
}

async function getStatus(call: Call, deps: RouteDeps): Promise<Answer | Refusal> {
  const id = idOf(call);
  const job = isId("job", id) ? await deps.store.reads.getJob(call.tenantId, id) : null;
  if (job === null) return notFound;
  return job.status === "succeeded"
    ? seeResultAnswer(job, showing(deps))
    : jobAnswer(job, showing(deps), call.request.header("if-none-match"));
}

async function getResult(call: Call, deps: RouteDeps): Promise<Answer | Refusal> {
  const id = idOf(call);
  const found = isId("job", id) ? await deps.store.reads.getResult(call.tenantId, id) : null;
  if (found === null) return notFound;
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
  if (isDone(job.status)) throw new Error("a job that succeeded has no result");
  return refusal("job-not-finished", `The job is ${job.status}.`, {
    headers: { "retry-after": retryAfterSeconds(job, deps.clock.now()) },
  });
}

function ownerByToken(call: OpenCall, deps: RouteDeps): { readonly tenantId: string } | Refusal | null {
  const token = call.request.query("token");
  if (token === undefined) return null;
  const verdict = deps.resultLinks.verify(idOf(call), token);
  if (verdict.ok) return verdict;
  return unauthenticated(
    verdict.reason === "expired"
      ? "The token of this link has expired; fetch the result with a key."
      : "The token of this link is not one for this result.",
  );
}

async function cancelJob(call: Call, deps: RouteDeps): Promise<Answer | Refusal> {
  const jobId = idOf(call);
  if (!isId("job", jobId)) return notFound;
  const [canceled] = await deps.store.intake.cancelJobs(
    [{ tenantId: call.tenantId, jobId }],
    deps.clock.now(),
  );
  if (canceled === undefined) throw new Error("the store answered for no job");
  if (canceled.kind === "not_found") return notFound;
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
  const filter: JobFilter = withoutUndefined({ ...asked, metadata });
  const { items, next } = await deps.store.reads.listJobs(tenantId, filter, { after, limit });
  const publicUrl = deps.publicUrl();
  return pageAnswer(
    request,
    items.map((job) => jobJson(job, publicUrl)),
    next === null ? null : deps.cursors.sealPosition("jobs", tenantId, next),
  );
}
