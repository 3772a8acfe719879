// The built-in kind `http`: calls an upstream through the address guard and keeps its answer as the job's result. With it
// any slow endpoint becomes an asynchronous one.
import {
  defineJob,
  endsLater,
  JobFailure,
  type Clock,
  type JobDefinition,
  type RunContext,
} from "@ringback/core";
import type { GuardedConnections } from "../address/guard.ts";
import type { CallLimits } from "../http/call.ts";
import { failureOf, isProtocolSwitch } from "../http/failure.ts";
import { Line, type LineResult } from "../http/line.ts";
import { admitHttpInput, httpInputSchema, type HttpInput } from "./http-input.ts";
import { httpResult, type HttpResult } from "./http-result.ts";

export interface HttpKindOptions {
  readonly guard: GuardedConnections;
  readonly clock: Clock;
  /** Sent unless the input names another. */
  readonly userAgent: string;
  readonly settings?: {
    /** For TCP and TLS together; default 5,000. */
    readonly connectTimeoutMs?: number;
    /** The largest answer that is kept; default 1 MiB. */
    readonly answerBytesMax?: number;
  };
}

const connectTimeoutDefaultMs = 5_000;
const acceptedStatus = 202;
const answerBytesDefaultMax = 1_048_576;

/**
 * The definition of the kind. Every HTTP status is a result, except 202, with which the upstream promises to end the job; a transport failure is a retryable `upstream_failed`, an address
 * that must not be called a final `blocked_address`. Redirects are results, too: nothing is followed.
 */
export function createHttpKind(options: HttpKindOptions): JobDefinition {
  return defineJob({
    kind: "http",
    input: httpInputSchema(options.guard),
    admit: (input) => admitHttpInput(input, options.guard),
    run: (input, context) => callUpstream(input, context, options),
  });
}

async function callUpstream(
  input: HttpInput,
  context: RunContext,
  options: HttpKindOptions,
): Promise<HttpResult | typeof endsLater> {
  const { guard, clock, userAgent, settings } = options;
  const form = guard.formOf(input.url);
  if (!form.ok) throw blocked(form.refusal.detail);
  const connectTimeoutMs = settings?.connectTimeoutMs ?? connectTimeoutDefaultMs;
  const answerBytesMax = settings?.answerBytesMax ?? answerBytesDefaultMax;
  const line = new Line(form.receiver, { guard, clock, connectTimeoutMs });
  const close = (): void => line.close();
  context.signal.addEventListener("abort", close);
  try {
    context.signal.throwIfAborted();
    const request = {
      method: input.method,
      path: form.receiver.path,
      headers: {
        "user-agent": userAgent,
        "accept-encoding": "identity",
        ...(typeof context.traceparent === "string" && { traceparent: context.traceparent }),
        ...input.headers,
        ...(input.accepted === "wait" ? completionHeaders(context) : {}),
      },
      body: input.body === null ? null : Buffer.from(input.body),
    };
    const result = await line.call(request, limitsOf(input.timeoutMs, answerBytesMax));
    context.signal.throwIfAborted();
    const answer = settle(result, answerBytesMax);
    const isAccepted = answer.status === acceptedStatus && input.accepted === "wait";
    return isAccepted && context.completion !== undefined ? endsLater : answer;
  } finally {
    context.signal.removeEventListener("abort", close);
    line.close();
  }
}

/** With these an upstream that answers 202 ends the job later, once: POST to a URL with the token as `ringback-token`. */
function completionHeaders({ completion }: RunContext): Readonly<Record<string, string>> {
  if (completion === undefined) return {};
  return {
    "ringback-complete-url": completion.completeUrl,
    "ringback-fail-url": completion.failUrl,
    "ringback-token": completion.token,
  };
}

/** One deadline for the whole call, body and all. */
function limitsOf(deadlineMs: number | null, bytesMax: number): CallLimits {
  return { deadlineMs, bodyMs: null, bodyReadBytesMax: bytesMax, bodyKeptBytesMax: bytesMax };
}

function settle(result: LineResult, answerBytesMax: number): HttpResult {
  if (result.kind === "no_answer") {
    if (isProtocolSwitch(result)) throw upstreamFailed("The upstream answered 101 and switched protocols.");
    const { code, detail } = failureOf(result);
    throw code === "blocked_address" || code === "blocked_url"
      ? blocked(detail)
      : upstreamFailed(`${detail.replaceAll("receiver", "upstream")} (${code})`);
  }
  if (result.end === "limit") {
    throw new JobFailure(`The upstream's answer is larger than ${answerBytesMax} bytes.`, {
      code: "upstream_failed",
      retryable: false,
    });
  }
  if (result.end === "broken") throw upstreamFailed("The upstream did not finish its answer's body.");
  return httpResult(result);
}

function blocked(message: string): JobFailure {
  return new JobFailure(message, { code: "blocked_address", retryable: false });
}

function upstreamFailed(message: string): JobFailure {
  return new JobFailure(message, { code: "upstream_failed" });
}
