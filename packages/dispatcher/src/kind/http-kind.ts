// The built-in kind `http`: calls an upstream through the address guard and keeps its answer as the job's result. With it
// any slow endpoint becomes an asynchronous one.
import { defineJob, JobFailure, type Clock, type JobDefinition, type RunContext } from "@ringback/core";
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
const answerBytesDefaultMax = 1_048_576;

/**
 * The definition of the kind. Every HTTP status is a result; a transport failure is a retryable `upstream_failed`, an address
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
): Promise<HttpResult> {
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
      headers: { "user-agent": userAgent, "accept-encoding": "identity", ...input.headers },
      body: input.body === null ? null : Buffer.from(input.body),
    };
    const result = await line.call(request, limitsOf(input.timeoutMs, answerBytesMax));
    context.signal.throwIfAborted();
    return settle(result, answerBytesMax);
  } finally {
    context.signal.removeEventListener("abort", close);
    line.close();
  }
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
