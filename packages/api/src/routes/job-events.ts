// `/v1/jobs/{id}/events`: what has happened to a job, as a list or as a stream that ends with the job.
import { eventExpiresAt, isDone, type Job } from "@ringback/core";
import { noContent, type Answer } from "../answers/answer.ts";
import { status } from "../answers/status.ts";
import { streamHeaders } from "../answers/stream-headers.ts";
import { jobEventsOperation } from "../descriptions/events.ts";
import { createJobStream } from "../feed/job-stream.ts";
import { isRefusal, refusal, type Refusal } from "../problems/refusal.ts";
import { eventJson } from "../representations/event-json.ts";
import { pageAnswer } from "../representations/page-json.ts";
import { readQuery } from "../schemas/read-query.ts";
import { readJob } from "./read-job.ts";
import type { RouteDeps } from "./route-deps.ts";
import type { Call, KeyRoute } from "./route.ts";

export function jobEventRoutes(deps: RouteDeps): readonly KeyRoute[] {
  return [
    {
      method: "GET",
      path: "/v1/jobs/:id/events",
      access: "jobs",
      operation: jobEventsOperation(deps.queries),
      answer: (call) => jobEvents(call, deps),
    },
  ];
}

async function jobEvents(call: Call, deps: RouteDeps): Promise<Answer | Refusal> {
  const { request } = call;
  const job = await readJob(call, deps);
  if (isRefusal(job)) return job;
  return wantsList(request.header("accept")) ? listEvents(call, job, deps) : streamEvents(call, job, deps);
}

/** The stream is the standing answer; a client that accepts JSON and no event stream gets the list. */
function wantsList(accept: string | undefined): boolean {
  return accept !== undefined && accept.includes("application/json") && !accept.includes("text/event-stream");
}

async function listEvents(call: Call, job: Job, deps: RouteDeps): Promise<Answer | Refusal> {
  const { request, tenantId } = call;
  const query = readQuery(request, deps.queries.jobEvents);
  if (isRefusal(query)) return query;
  const { cursor, limit } = query.value;
  const opened = cursor === undefined ? { seq: 0 } : deps.cursors.openSeq("job-events", tenantId, cursor);
  if (isRefusal(opened)) return opened;
  const page = { after: opened.seq, limit: limit + 1 };
  const events = await deps.store.reads.listJobEvents(tenantId, job.id, page);
  const shown = events.slice(0, limit);
  const last = events.length > limit ? shown.at(-1) : undefined;
  const next = last === undefined ? null : deps.cursors.sealSeq("job-events", tenantId, last.seq);
  const items = shown.map((event) => eventJson(event, eventExpiresAt(event, deps.settings.retention)));
  return pageAnswer(request, items, next);
}

async function streamEvents(call: Call, job: Job, deps: RouteDeps): Promise<Answer | Refusal> {
  const { request, tenantId } = call;
  if (request.method === "HEAD") return { status: status.ok, headers: { ...streamHeaders }, body: null };
  const waiter = deps.waiters.join({ tenantId, jobId: job.id });
  if (waiter === null) {
    return refusal(
      "overloaded",
      "As many clients are waiting as this process allows; poll the job instead.",
      {
        headers: { "retry-after": "5" },
      },
    );
  }
  const stream = await createJobStream(
    {
      key: { tenantId, jobId: job.id },
      lastEventId: request.header("last-event-id") ?? null,
      isDone: isDone(job.status),
    },
    {
      reads: deps.store.reads,
      now: () => deps.clock.now(),
      waiter,
      heartbeatMs: deps.settings.streamHeartbeatMs,
    },
  );
  // 204 tells an EventSource that has seen the end not to connect again (HTML §9.2.3).
  return stream === null ? noContent() : { status: status.ok, headers: { ...streamHeaders }, body: stream };
}
