// The answers that show a job: 200, 202, 303 and 304, with the ETag and, while it is not done, when to look again.
import { isDone, jobToJson, type Instant, type JobWithPayloads } from "@ringback/core";
import { jsonAnswer, notModified, type Answer } from "../answers/answer.ts";
import { etagOf, isUnchanged } from "../answers/etag.ts";
import { retryAfterSeconds } from "../answers/retry-after.ts";
import { status, type Status } from "../answers/status.ts";
import { resultUrl } from "../tokens/result-links.ts";

export interface Showing {
  readonly publicUrl: string;
  readonly now: Instant;
}

/** JSON results stand inline whatever their size (the store's limit bounds them); others are a `resultUrl` for a key. */
export function jobJson(job: JobWithPayloads, publicUrl: string): string {
  return jobToJson(job, { resultUrl: resultUrl(publicUrl, job.id), resultBytesMax: Number.MAX_SAFE_INTEGER });
}

/** 200, or 304 when the client's version is the present one. */
export function jobAnswer(job: JobWithPayloads, showing: Showing, ifNoneMatch: string | undefined): Answer {
  const etag = etagOf(job.version);
  const headers = waitHeaders(job, showing.now);
  return isUnchanged(ifNoneMatch, etag)
    ? notModified(etag, headers)
    : jsonAnswer(status.ok, jobJson(job, showing.publicUrl), { etag, ...headers });
}

/** 202 for an accepted job: where to poll, and when. */
export function acceptedAnswer(
  job: JobWithPayloads,
  showing: Showing,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  const self = `/v1/jobs/${job.id}`;
  return shown(status.accepted, job, showing, {
    location: `${self}/status`,
    "retry-after": retryAfterSeconds(job, showing.now),
    link: `<${self}>; rel="self"`,
    ...headers,
  });
}

/** 303: the job has succeeded and its result lies elsewhere. */
export function seeResultAnswer(job: JobWithPayloads, showing: Showing): Answer {
  return shown(status.seeOther, job, showing, { location: `/v1/jobs/${job.id}/result` });
}

/** 200 whatever the client knows. */
export function canceledAnswer(job: JobWithPayloads, showing: Showing): Answer {
  return shown(status.ok, job, showing, {});
}

function shown(
  code: Status,
  job: JobWithPayloads,
  showing: Showing,
  headers: Readonly<Record<string, string>>,
): Answer {
  return jsonAnswer(code, jobJson(job, showing.publicUrl), { etag: etagOf(job.version), ...headers });
}

function waitHeaders(job: JobWithPayloads, now: Instant): Readonly<Record<string, string>> {
  return isDone(job.status) ? {} : { "retry-after": retryAfterSeconds(job, now) };
}
