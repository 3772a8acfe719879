// How an event is spelled in a job's event list, in a job's event stream and in the feed.
import { eventBody, formatInstant, jobToJson, type Event, type Instant, type Job } from "@ringback/core";
import { sign } from "@ringback/signature";

const dataMark = ',"data":';

/** `{id, type, timestamp, data}`; `data` is the part of the signed body, as raw text. */
export function eventJson(event: Pick<Event, "id" | "type" | "body" | "createdAt">): string {
  const { id, type, body, createdAt } = event;
  // The first mark is the right one: inside the texts before it every quote is escaped.
  const data = body.slice(body.indexOf(dataMark) + dataMark.length, -1);
  return `{"id":"${id}","type":${JSON.stringify(type)},"timestamp":"${formatInstant(createdAt)}","data":${data}}`;
}

/** One frame of `text/event-stream`: JSON may hold line breaks between its parts, which the format wants line by line. */
export function eventFrame(event: Event): string {
  return `id: ${event.id}\n${frame(event.type, eventJson(event))}`;
}

export type LiveEventType = "job.queued" | "job.started" | "job.progress";

/**
 * What a stream shows of a job between its stored events: the job as it is now, without its input. It is kept nowhere, so it
 * has no id, and a client that connects again is shown the newest one instead.
 */
export function liveFrame(type: LiveEventType, job: Job, now: Instant): string {
  const shown = { ...job, input: undefined, result: null };
  return frame(type, eventBody(type, now, jobToJson(shown, { resultUrl: null, resultBytesMax: 0 })));
}

function frame(type: string, json: string): string {
  const data = json
    .split(/\r\n|\r|\n/)
    .map((line) => `data: ${line}\n`)
    .join("");
  return `event: ${type}\n${data}\n`;
}

export interface Signing {
  readonly secrets: readonly string[];
  /** Whole seconds: the feed signs when it is read, as a webhook is signed when it is sent. */
  readonly timestampSeconds: number;
}

/** `{id, type, timestamp, job?, headers, body}`: what a webhook would carry, so that the same code verifies both. */
export function feedEventJson(event: Event, { secrets, timestampSeconds }: Signing): string {
  const { id, type, body, jobId, createdAt } = event;
  return JSON.stringify({
    id,
    type,
    timestamp: formatInstant(createdAt),
    ...(jobId === null ? {} : { job: jobId }),
    headers: {
      "webhook-id": id,
      "webhook-timestamp": String(timestampSeconds),
      "webhook-signature": sign({ id, timestampSeconds, body }, secrets),
      "content-type": "application/json",
    },
    body,
  });
}
