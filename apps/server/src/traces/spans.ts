// How submissions, runs and attempts are spelled as spans: names, kinds and attributes after OpenTelemetry's semantic conventions
// where they have a word, `ringback.…` where they have none. Identifiers, numbers and codes only: no input, result, header, secret
// or message, and of a receiver's URL its scheme, host and port.
import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Span,
  type Tracer,
} from "@opentelemetry/api";
import {
  noTraces,
  type AttemptRecord,
  type AttemptSpan,
  type ClaimedDelivery,
  type Clock,
  type Job,
  type JobStatus,
  type RunKey,
  type RunOutcome,
  type RunSpan,
  type SubmissionSpan,
  type Traces,
} from "@ringback/core";
import type { SpanIds } from "./span-ids.ts";

export interface SpansOptions {
  readonly tracer: Tracer;
  readonly ids: SpanIds;
  /** In scale-out the database's time, so that spans of several processes stand in their order. */
  readonly clock: Clock;
}

/** A run's span that was begun elsewhere and is kept: its traceparent, its parent's span id, its run's number, beginning and kind. */
const carriedForm =
  /^00-([0-9a-f]{32})-([0-9a-f]{16})-01\.([0-9a-f]{16}|)\.(\d{1,16})\.(\d{1,16})\.(\S{1,100})$/;

export function createSpans({ tracer, ids, clock }: SpansOptions): Traces {
  /** By the monotonic clock, so that a span is as long as what it tells of, to the microsecond. */
  function begin(name: string, options: Beginning): Begun {
    const { kind, attributes, parent } = options;
    const startTime = clock.now();
    const startedMs = clock.monotonicMs();
    const span = tracer.startSpan(name, { kind, startTime }, parentOf(parent));
    describe(span, attributes);
    return { span, end: () => span.end(startTime + Math.max(0, clock.monotonicMs() - startedMs)) };
  }

  return {
    submission({ method, path }, parent) {
      const attributes = () => ({ "http.request.method": method, "http.route": path });
      return submissionSpan(begin(`${method} ${path}`, { kind: SpanKind.SERVER, attributes, parent }));
    },
    run(claimed) {
      const { jobId, runNumber, traceparent: parent } = claimed;
      const kind = claimed.job.kind;
      const attributes = () => runAttributes(claimed, { kind, runNumber, jobId });
      const begun = begin(`run ${kind}`, { kind: SpanKind.CONSUMER, attributes, parent });
      const traceparent = traceparentOf(begun.span);
      const parentId = parent?.slice(36, 52) ?? "";
      const carried = `${traceparent}.${parentId}.${runNumber}.${clock.now()}.${kind}`;
      return { ...runSpan(begun), carried };
    },
    carriedRun(carried, run) {
      const [, traceId, spanId, parentId = "", number, at, kind = ""] = carriedForm.exec(carried) ?? [];
      // One that is not kept needs no end.
      if (traceId === undefined || spanId === undefined) return noTraces.carriedRun(carried, run);
      const parent = parentId === "" ? null : `00-${traceId}-${parentId}-01`;
      const options = { kind: SpanKind.CONSUMER, startTime: Number(at) };
      const span = ids.within({ traceId, spanId }, () =>
        tracer.startSpan(`run ${kind}`, options, parentOf(parent)),
      );
      describe(span, () => runAttributes(run, { kind, runNumber: Number(number), jobId: run.jobId }));
      return { ...runSpan({ span, end: () => span.end(clock.now()) }), carried };
    },
    attempt(delivery) {
      const attributes = () => attemptAttributes(delivery);
      const parent = delivery.traceparent;
      return attemptSpan(
        begin(`attempt ${delivery.eventType}`, { kind: SpanKind.CLIENT, attributes, parent }),
      );
    },
  };
}

interface Beginning {
  readonly kind: SpanKind;
  readonly attributes: () => Attributes;
  readonly parent: string | null;
}

interface Begun {
  readonly span: Span;
  readonly end: () => void;
}

/** After its beginning: what a span is begun with the SDK copies twice, and of one that is not kept it is for nothing. */
function describe(span: Span, attributes: () => Attributes): void {
  if (span.isRecording()) span.setAttributes(attributes());
}

function submissionSpan({ span, end }: Begun): SubmissionSpan {
  let first: { readonly job: Job; readonly isReplayed: boolean } | null = null;
  let jobs = 0;
  return {
    traceparent: traceparentOf(span),
    took(job, isReplayed) {
      first ??= { job, isReplayed };
      jobs += 1;
    },
    end(httpStatus, refused) {
      if (first !== null) span.setAttributes(jobAttributes(first.job, first.isReplayed, jobs));
      span.setAttribute("http.response.status_code", httpStatus);
      if (refused !== null) span.setAttribute("ringback.problem.code", refused);
      // A client's mistake is no error of the server's (semantic conventions for HTTP).
      if (httpStatus >= 500) fail(span, refused ?? String(httpStatus));
      end();
    },
  };
}

/** Of a batch only how many jobs it has: their runs tell the rest. */
function jobAttributes(job: Job, isReplayed: boolean, jobs: number): Attributes {
  const own = { "messaging.system": "ringback", "ringback.tenant.id": job.tenantId };
  if (jobs > 1) return { ...own, "messaging.batch.message_count": jobs };
  return {
    ...own,
    "messaging.destination.name": job.kind,
    "messaging.message.id": job.id,
    "ringback.submission.replayed": isReplayed,
  };
}

function runAttributes(
  { tenantId }: RunKey,
  run: { readonly jobId: string; readonly kind: string; readonly runNumber: number },
): Attributes {
  return {
    "messaging.system": "ringback",
    "messaging.operation.name": "run",
    "messaging.operation.type": "process",
    "messaging.destination.name": run.kind,
    "messaging.message.id": run.jobId,
    "ringback.tenant.id": tenantId,
    "ringback.run.number": run.runNumber,
  };
}

function runSpan({ span, end }: Begun): Omit<RunSpan, "carried"> {
  return {
    traceparent: traceparentOf(span),
    end(outcome: RunOutcome | null, job: JobStatus | "lost") {
      span.setAttribute("ringback.run.outcome", outcome === null || job === "lost" ? "lost" : outcome.kind);
      if (job === "lost") fail(span, "lease_lost");
      else span.setAttribute("ringback.job.status", job);
      if (job !== "lost" && outcome?.kind === "failed") fail(span, outcome.code);
      end();
    },
  };
}

function attemptAttributes(delivery: ClaimedDelivery): Attributes {
  const { tenantId, id, eventId, eventType, jobId, endpointId, attempt, trigger, url } = delivery;
  const { protocol = "", hostname = "", port = "" } = URL.parse(url) ?? {};
  const scheme = protocol.replace(":", "");
  return {
    "http.request.method": "POST",
    "server.address": hostname,
    "server.port": port === "" ? (scheme === "https" ? 443 : 80) : Number(port),
    "url.scheme": scheme,
    "messaging.system": "ringback",
    "messaging.operation.name": "attempt",
    "messaging.operation.type": "send",
    "messaging.message.id": eventId,
    "ringback.tenant.id": tenantId,
    "ringback.event.type": eventType,
    "ringback.delivery.id": id,
    "ringback.attempt.number": attempt,
    "ringback.attempt.trigger": trigger,
    ...(attempt > 1 && { "http.request.resend_count": attempt - 1 }),
    ...(jobId !== null && { "ringback.job.id": jobId }),
    ...(endpointId !== null && { "ringback.endpoint.id": endpointId }),
  };
}

function attemptSpan({ span, end }: Begun): AttemptSpan {
  return {
    traceparent: traceparentOf(span),
    end({ ended, response, peerAddress }: AttemptRecord) {
      span.setAttribute("ringback.attempt.outcome", ended.outcome);
      span.setAttribute("ringback.attempt.code", ended.code);
      if (response !== null) span.setAttribute("http.response.status_code", response.status);
      if (peerAddress !== null) span.setAttribute("network.peer.address", peerAddress);
      if (ended.outcome !== "delivered") fail(span, ended.code);
      end();
    },
  };
}

/** `code` is of a closed list; what somebody said of it is not repeated. */
function fail(span: Span, code: string): void {
  span.setAttribute("error.type", code);
  span.setStatus({ code: SpanStatusCode.ERROR, message: code });
}

/** What is no traceparent makes a root. */
function parentOf(traceparent: string | null): Context {
  if (traceparent === null) return ROOT_CONTEXT;
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId: traceparent.slice(3, 35),
    spanId: traceparent.slice(36, 52),
    traceFlags: Number.parseInt(traceparent.slice(53, 55), 16) & 1,
    isRemote: true,
  });
}

function traceparentOf(span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return `00-${traceId}-${spanId}-0${traceFlags & 1}`;
}
