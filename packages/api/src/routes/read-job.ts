// Reads the job that a request names: its present state, or the one after a change when the client is ready to wait.
import { readJobId, type JobKey, type JobWithPayloads } from "@ringback/core";
import { etagOf, isUnchanged } from "../answers/etag.ts";
import { goneRefusal } from "../answers/gone.ts";
import { awaitJob } from "../feed/await-job.ts";
import { preferencesOf } from "../intake/prefer.ts";
import { isRefusal, notFound, type Refusal } from "../problems/refusal.ts";
import type { Showing } from "../representations/job-answer.ts";
import type { RouteDeps } from "./route-deps.ts";
import { idOf, type Call } from "./route.ts";

/** The job's key, or null when the path names none that can exist. */
export function jobKeyOf(call: Call): JobKey | null {
  const jobId = readJobId(idOf(call));
  return jobId === null ? null : { tenantId: call.tenantId, jobId };
}

/** 404 for what is not there, 410 for what has expired. */
export async function readJob(call: Call, deps: RouteDeps): Promise<JobWithPayloads | Refusal> {
  const key = jobKeyOf(call);
  return key === null ? notFound : keptJob(await deps.polledJobs.read(key), deps);
}

export function keptJob(job: JobWithPayloads | null, deps: RouteDeps): JobWithPayloads | Refusal {
  if (job === null) return notFound;
  const { tombstoneMs } = deps.settings;
  return goneRefusal(job, { now: deps.clock.now(), tombstoneMs }) ?? job;
}

export interface Polled {
  readonly job: JobWithPayloads;
  /** The client's `If-None-Match`; undefined when it is to be shown the job in any case. */
  readonly ifNoneMatch: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * With `If-None-Match` and `Prefer: wait=n` it waits until the version is another one, at most n seconds. While the process
 * drains, the client is given the present state at once, whatever it knows: it is to ask another process. `isWorthIt` is
 * false for a job that the client need not be kept waiting for.
 */
export async function pollJob(
  call: Call,
  deps: RouteDeps,
  isWorthIt: (job: JobWithPayloads) => boolean,
): Promise<Polled | Refusal> {
  const { request } = call;
  const job = await readJob(call, deps);
  if (isRefusal(job)) return job;
  const ifNoneMatch = request.header("if-none-match");
  const { waitSeconds } = preferencesOf(request.header("prefer"));
  const isKnown = (one: JobWithPayloads): boolean => isUnchanged(ifNoneMatch, etagOf(one.version));
  const isToWait = request.method !== "HEAD" && isKnown(job) && isWorthIt(job);
  if (waitSeconds === null || !isToWait) return { job, ifNoneMatch, headers: {} };
  const awaited = await awaitJob(
    {
      key: { tenantId: job.tenantId, jobId: job.id },
      waitMs: waitSeconds * 1_000,
      signal: request.raw.signal,
      isEnough: (one) => !isKnown(one),
    },
    { ...deps, monotonicMs: () => deps.clock.monotonicMs() },
  );
  const now = keptJob(awaited.job, deps);
  if (isRefusal(now)) return now;
  if (awaited.why === "full") return { job: now, ifNoneMatch, headers: {} };
  return {
    job: now,
    ifNoneMatch: awaited.why === "draining" ? undefined : ifNoneMatch,
    headers: { "preference-applied": `wait=${waitSeconds}` },
  };
}

/** With what is known of how it will go on. */
export async function showingOf(job: JobWithPayloads, deps: RouteDeps): Promise<Showing> {
  return { ...showing(deps), outlook: await deps.outlooks.of(job) };
}

export function showing(deps: RouteDeps): Showing {
  return { publicUrl: deps.publicUrl(), now: deps.clock.now() };
}
