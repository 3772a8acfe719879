// Answers a poll whose job has not changed before a request object is made for it: most requests are such polls, and the object
// costs several times what the answer does. Everything else, and everything unusual, goes the whole way through the app.
import { readJobId } from "@ringback/core";
import type { RateLimit } from "../admission/rate-limit.ts";
import type { ApiSettings } from "../api-deps.ts";
import type { Answer } from "../answers/answer.ts";
import { etagOf, isUnchanged } from "../answers/etag.ts";
import { goneRefusal } from "../answers/gone.ts";
import { requestIdOf } from "../answers/request-id.ts";
import { hasScope, type Authenticator, type Identity } from "../auth/authenticator.ts";
import type { PolledJob } from "../feed/polled-jobs.ts";
import { unchangedAnswer } from "../representations/job-answer.ts";
import { addOwnHeaders } from "./own-headers.ts";
import type { RouteDeps } from "./route-deps.ts";

/** A request as Node's parser leaves it. */
export interface ParsedRequest {
  readonly method?: string | undefined;
  /** The request target. */
  readonly url?: string | undefined;
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[];
}

/**
 * The 304 that the app would answer, in the same turn of the event loop where nothing has to be read. Null, now or later, for
 * whatever is not a plain poll of an unchanged job with a key that was good a moment ago: the app has to be asked, and nothing
 * has been counted. Rejects as the store does.
 */
export type ShortPoll = (request: ParsedRequest) => Answer | Promise<Answer | null> | null;

export interface ShortPollDeps extends Pick<
  RouteDeps,
  "store" | "clock" | "random" | "polledJobs" | "outlooks"
> {
  readonly authenticator: Authenticator;
  readonly rateLimit: RateLimit;
  readonly settings: Pick<ApiSettings, "requestsPerMinute" | "tombstoneMs">;
}

interface PollFields {
  readonly authorization: string;
  readonly ifNoneMatch: string;
  readonly requestId: string | undefined;
}

const jobsPath = "/v1/jobs/";

export function createShortPoll(deps: ShortPollDeps): ShortPoll {
  const { store, clock, random, polledJobs, outlooks, authenticator, rateLimit, settings } = deps;
  const { tombstoneMs, requestsPerMinute } = settings;

  const answerOf = (job: PolledJob | null, fields: PollFields, identity: Identity): Answer | null => {
    if (job === null || !isUnchanged(fields.ifNoneMatch, etagOf(job.version))) return null;
    const now = clock.now();
    if (goneRefusal(job, { now, tombstoneMs }) !== null) return null;
    const answer = unchangedAnswer(job, now, outlooks.atOnce(job));
    const perMinute = identity.requestsPerMinute ?? requestsPerMinute;
    // An empty bucket stays as it is: the app finds it empty too, and says so.
    if (rateLimit.count(identity.keyId, perMinute, answer.headers) !== null) return null;
    addOwnHeaders(answer.headers, requestIdOf(fields.requestId, random));
    return answer;
  };

  return ({ method, url, rawHeaders }) => {
    if (method !== "GET" || url?.startsWith(jobsPath) !== true) return null;
    const jobId = readJobId(url.slice(jobsPath.length));
    if (jobId === null) return null;
    const fields = pollFieldsOf(rawHeaders);
    if (fields === null) return null;
    const identity = authenticator.known(fields.authorization, url);
    if (identity === null || !hasScope(identity, "jobs")) return null;
    const key = { tenantId: identity.tenantId, jobId };
    if (store.changes.areComplete()) return answerOf(polledJobs.atOnce(key), fields, identity);
    return polledJobs.look(key).then((job) => answerOf(job, fields, identity));
  };
}

const plainHost = /^[\w.:[\]-]+$/;

/** Null when one is missing, came twice, or when there is any that makes the request something else than a plain poll. */
function pollFieldsOf(rawHeaders: readonly string[]): PollFields | null {
  let host: string | undefined;
  let authorization: string | undefined;
  let ifNoneMatch: string | undefined;
  let requestId: string | undefined;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const value = rawHeaders[at + 1];
    switch (rawHeaders[at]?.toLowerCase()) {
      case "host":
        if (host !== undefined) return null;
        host = value;
        break;
      case "authorization":
        if (authorization !== undefined) return null;
        authorization = value;
        break;
      case "if-none-match":
        if (ifNoneMatch !== undefined) return null;
        ifNoneMatch = value;
        break;
      case "x-request-id":
        if (requestId !== undefined) return null;
        requestId = value;
        break;
      case "prefer":
      case "content-length":
      case "transfer-encoding":
      case "expect":
        return null;
      default:
    }
  }
  if (host === undefined || !plainHost.test(host)) return null;
  return authorization === undefined || ifNoneMatch === undefined
    ? null
    : { authorization, ifNoneMatch, requestId };
}
