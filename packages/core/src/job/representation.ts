// The one JSON spelling of a job, for answers and for event bodies alike: what is polled equals what is called back.
import { formatInstant, type Instant } from "../ports/time.ts";
import { isDone, type Job, type JobResult, type JobWithPayloads } from "./job.ts";

/** JSON results longer than this are left out of event bodies and lists; `resultUrl` stands in. */
export const inlineResultBytesMax = 20_000;

export const jsonContentType = "application/json";

export interface RepresentationOptions {
  /** Where the result's bytes can be fetched; written when the result is not inline. */
  readonly resultUrl: string | null;
  /** Largest JSON result to write inline, in bytes. */
  readonly resultBytesMax: number;
  /** Where it stands and how long it may take, when that is known; events never tell. */
  readonly outlook?: JobOutlook | undefined;
}

/** What is likely, as far as anybody can tell. */
export interface JobOutlook {
  /** Among the waiting jobs of its tenant; 1 is next. */
  readonly position: number | null;
  /** Until its end. */
  readonly remainingMs: number | null;
}

/** True when the result is JSON and short enough to stand inside the job. */
export function isInlineResult(result: JobResult, bytesMax: number): boolean {
  return result.contentType === jsonContentType && result.body.byteLength <= bytesMax;
}

/**
 * The job as JSON text. `input` and an inline `result` go in as the raw text they are kept as; a job without input shows
 * null, and an input that was not read (a long one in a list) is left out.
 */
export function jobToJson(job: JobWithPayloads, options: RepresentationOptions): string {
  const members: string[] = [];
  const put = (name: string, json: string): void => void members.push(`"${name}":${json}`);
  const putText = (name: string, text: string): void => put(name, JSON.stringify(text));
  const putInstant = (name: string, instant: Instant | null): void => {
    if (instant !== null) put(name, `"${formatInstant(instant)}"`);
  };
  putText("id", job.id);
  putText("kind", job.kind);
  putText("status", job.status);
  put("done", String(isDone(job.status)));
  if (job.progress !== null) put("progress", progressJson(job.progress));
  putOutlook(put, options.outlook);
  if (job.input !== undefined) put("input", job.input ?? "null");
  if (job.result !== null && isInlineResult(job.result, options.resultBytesMax)) {
    put("result", textOf(job.result.body));
  } else if (job.status === "succeeded" && job.resultErasedAt === null && options.resultUrl !== null) {
    putText("resultUrl", options.resultUrl);
  }
  if (job.error !== null) put("error", JSON.stringify(job.error));
  put("runs", String(job.runs));
  put("metadata", JSON.stringify(job.metadata));
  if (job.callback !== null) put("callback", callbackJson(job.callback));
  putInstant("createdAt", job.createdAt);
  putInstant("runAt", job.runAt);
  putInstant("startedAt", job.startedAt);
  putInstant("finishedAt", job.finishedAt);
  putInstant("expiresAt", job.expiresAt);
  putInstant("cancelRequestedAt", job.cancelRequestedAt);
  put("version", String(job.version));
  put("links", linksJson(job.id));
  return `{${members.join(",")}}`;
}

function progressJson(progress: NonNullable<Job["progress"]>): string {
  const { percent, message } = progress;
  return JSON.stringify(message === null ? { percent } : { percent, message });
}

/** Whole seconds, at least 1: what is not over yet takes a while. */
function putOutlook(put: (name: string, json: string) => void, outlook: JobOutlook | undefined): void {
  const { position = null, remainingMs = null } = outlook ?? {};
  if (position !== null) put("position", String(position));
  if (remainingMs !== null) put("estimatedSeconds", String(Math.max(1, Math.ceil(remainingMs / 1_000))));
}

function callbackJson(callback: NonNullable<Job["callback"]>): string {
  const { url, endpointId, deliveries } = callback;
  return JSON.stringify({
    ...(url === null ? {} : { url: withoutQuery(url) }),
    ...(endpointId === null ? {} : { endpointId }),
    deliveries,
  });
}

/** A callback's query string may carry a token, so no answer repeats it. */
export function withoutQuery(url: string): string {
  const end = url.search(/[?#]/);
  return end === -1 ? url : url.slice(0, end);
}

function linksJson(id: string): string {
  const self = `/v1/jobs/${id}`;
  return JSON.stringify({
    self,
    status: `${self}/status`,
    result: `${self}/result`,
    events: `${self}/events`,
  });
}

const decoder = new TextDecoder();

function textOf(body: Uint8Array): string {
  return decoder.decode(body);
}
