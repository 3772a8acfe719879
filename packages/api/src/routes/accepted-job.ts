// What is answered when the store has taken a request for a job, one way or the other: 202, or 200 when the client was ready
// to wait and the job has ended in time.
import { isDone, type Accepted, type JobWithPayloads } from "@ringback/core";
import { refusedJob } from "../admission/refused-job.ts";
import type { Answer } from "../answers/answer.ts";
import { goneRefusal } from "../answers/gone.ts";
import { awaitJob } from "../feed/await-job.ts";
import { keyReused } from "../intake/key-reused.ts";
import { endpointUnknown } from "../intake/judge-callback.ts";
import { preferencesOf } from "../intake/prefer.ts";
import { isRefusal, refusal, type Refusal } from "../problems/refusal.ts";
import { acceptedAnswer, endedAnswer, type Showing } from "../representations/job-answer.ts";
import { keptJob, showing } from "./read-job.ts";
import type { RouteDeps } from "./route-deps.ts";
import type { Call } from "./route.ts";

export interface TakenJob {
  readonly job: JobWithPayloads;
  readonly headers: Readonly<Record<string, string>>;
}

/** True when the request's job, or the refusal to show it, is of an earlier request. */
export function isReplayed({ headers }: Pick<Refusal, "headers">): boolean {
  return headers?.["idempotency-replayed"] === "true";
}

/** The job that a request has made, now or earlier, or why it has made none. */
export function takenJob(accepted: Accepted, deps: RouteDeps): TakenJob | Refusal {
  const { kind } = accepted;
  if (kind === "accepted") return { job: accepted.job, headers: {} };
  if (kind === "replayed") {
    const headers = { "idempotency-replayed": "true" };
    const { tombstoneMs } = deps.settings;
    const gone = goneRefusal(accepted.job, { now: deps.clock.now(), tombstoneMs });
    return gone === null ? { job: accepted.job, headers } : { ...gone, headers };
  }
  if (kind === "no_endpoint") return endpointUnknown;
  if (kind === "id_reused") {
    return refusal(
      "job-id-reused",
      `The job ${accepted.jobId} was made by another request, or not under an id of its client's.`,
    );
  }
  if (kind === "over_quota" || kind === "overloaded") return refusedJob(accepted);
  if (kind === "withheld") {
    return refusal("batch-refused", "Another job of the batch was refused, so this one was not accepted.");
  }
  return keyReused(accepted);
}

/** Waits for the job's end when the client prefers that (RFC 7240), else tells it where to look. */
export async function acceptedJob(
  call: Call,
  accepted: Accepted,
  deps: RouteDeps,
): Promise<Answer | Refusal> {
  const taken = takenJob(accepted, deps);
  if (isRefusal(taken)) return taken;
  call.submission?.took(taken.job, isReplayed(taken));
  const prefer = call.request.header("prefer");
  if (prefer === undefined) return answerOf(taken, deps);
  const { waitSeconds, respondAsync } = preferencesOf(prefer);
  const ended = waitSeconds === null ? taken.job : await endOf(taken.job, { call, waitSeconds }, deps);
  if (isRefusal(ended)) return ended;
  if (waitSeconds !== null && isDone(ended.status)) {
    const headers = { ...taken.headers, "preference-applied": `wait=${waitSeconds}` };
    return endedAnswer(ended, showing(deps), headers);
  }
  const applied = respondAsync ? { "preference-applied": "respond-async" } : {};
  return answerOf({ job: ended, headers: { ...taken.headers, ...applied } }, deps);
}

function answerOf({ job, headers }: TakenJob, deps: RouteDeps): Answer {
  return acceptedAnswer(job, showingAtOnce(job, deps), headers);
}

/** Nothing is read for it: intake is to be quick. */
export function showingAtOnce(job: JobWithPayloads, deps: RouteDeps): Showing {
  return { ...showing(deps), outlook: deps.outlooks.atOnce(job) };
}

async function endOf(
  job: JobWithPayloads,
  { call, waitSeconds }: { readonly call: Call; readonly waitSeconds: number },
  deps: RouteDeps,
): Promise<JobWithPayloads | Refusal> {
  const awaited = await awaitJob(
    {
      key: { tenantId: job.tenantId, jobId: job.id },
      waitMs: waitSeconds * 1_000,
      signal: call.request.raw.signal,
      isEnough: ({ status }) => isDone(status),
    },
    { ...deps, monotonicMs: () => deps.clock.monotonicMs() },
  );
  return keptJob(awaited.job, deps);
}
