// The answers that show a job: 200, 202, 303 and 304, with the ETag and, while it is not done, when to look again.
import { isDone, jobToJson, type Instant, type JobOutlook, type JobWithPayloads } from "@ringback/core";
import { jsonAnswer, notModified, type Answer } from "../answers/answer.ts";
import { etagOf, isUnchanged } from "../answers/etag.ts";
import { retryAfterSeconds } from "../answers/retry-after.ts";
import { status, type Status } from "../answers/status.ts";
import type { PolledJob } from "../feed/polled-jobs.ts";
import { resultUrl } from "../tokens/result-links.ts";

export interface Showing {
  readonly publicUrl: string;
  readonly now: Instant;
  /** How the job is likely to go on; absent when nobody asked. */
  readonly outlook?: JobOutlook;
}

type Headers = Readonly<Record<string, string>>;

/** JSON results stand inline whatever their size (the store's limit bounds them); others are a `resultUrl` for a key. */
export function jobJson(
  job: JobWithPayloads,
  { publicUrl, outlook }: Pick<Showing, "publicUrl" | "outlook">,
): string {
  return jobToJson(job, {
    resultUrl: resultUrl(publicUrl, job.id),
    resultBytesMax: Number.MAX_SAFE_INTEGER,
    outlook,
  });
}

/** 200, or 304 when the client's version is the present one. */
export function jobAnswer(
  job: JobWithPayloads,
  showing: Showing,
  { ifNoneMatch, headers = {} }: { readonly ifNoneMatch?: string | undefined; readonly headers?: Headers },
): Answer {
  const etag = etagOf(job.version);
  const own = { ...waitHeaders(job, showing), ...headers };
  return isUnchanged(ifNoneMatch, etag) ? notModified(etag, own) : shown(status.ok, job, showing, own);
}

/** 304: the client's version is the present one. */
export function unchangedAnswer(job: PolledJob, now: Instant, outlook: JobOutlook): Answer {
  return notModified(etagOf(job.version), waitHeaders(job, { now, outlook }));
}

/** 202 for an accepted job: where to poll, and when. */
export function acceptedAnswer(job: JobWithPayloads, showing: Showing, headers: Headers = {}): Answer {
  return shown(status.accepted, job, showing, {
    ...placeHeaders(job),
    "retry-after": retryAfterSeconds(job, showing.now, showing.outlook?.remainingMs),
    ...headers,
  });
}

/** 200 for a job that was accepted and has ended while the client waited. */
export function endedAnswer(job: JobWithPayloads, showing: Showing, headers: Headers): Answer {
  return shown(status.ok, job, showing, { ...placeHeaders(job), ...headers });
}

/** 303: the job has succeeded and its result lies elsewhere. */
export function seeResultAnswer(job: JobWithPayloads, showing: Showing, headers: Headers = {}): Answer {
  return shown(status.seeOther, job, showing, { location: `/v1/jobs/${job.id}/result`, ...headers });
}

/** 200 whatever the client knows. */
export function canceledAnswer(job: JobWithPayloads, showing: Showing): Answer {
  return shown(status.ok, job, showing, {});
}

function shown(code: Status, job: JobWithPayloads, showing: Showing, headers: Headers): Answer {
  return jsonAnswer(code, jobJson(job, showing), { etag: etagOf(job.version), ...headers });
}

function placeHeaders({ id }: JobWithPayloads): Headers {
  const self = `/v1/jobs/${id}`;
  return { location: `${self}/status`, link: `<${self}>; rel="self"` };
}

function waitHeaders(job: PolledJob, { now, outlook }: Pick<Showing, "now" | "outlook">): Headers {
  return isDone(job.status) ? {} : { "retry-after": retryAfterSeconds(job, now, outlook?.remainingMs) };
}
