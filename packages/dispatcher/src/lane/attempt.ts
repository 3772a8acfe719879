// Makes one attempt at a delivery and writes down what came of it, whatever happens.
import {
  makeId,
  withoutQuery,
  type AttemptCode,
  type AttemptRecord,
  type AttemptResponse,
  type ClaimedDelivery,
  type Clock,
  type HeldLane,
  type Log,
  type Random,
  type Traces,
} from "@ringback/core";
import type { GuardedConnections } from "../address/guard.ts";
import type { ReceiverUrl } from "../address/url-form.ts";
import type { CallLimits } from "../http/call.ts";
import { failureOf, isHangUp, isProtocolSwitch } from "../http/failure.ts";
import type { LineRequest, LineResult } from "../http/line.ts";
import { readAnswer } from "./answer.ts";
import type { Lines } from "./lines.ts";
import { attemptHeaders } from "./request-headers.ts";

export interface AttemptOptions {
  readonly lane: HeldLane;
  readonly lines: Lines;
  readonly guard: GuardedConnections;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly traces: Traces;
  readonly userAgent: string;
  /** For deliveries that do not say. Milliseconds. */
  readonly attemptTimeoutMs: number;
}

/** Of an answer's body, read so much … */
const bodyReadBytesMax = 65_536;
/** … keep so much … */
const bodyKeptBytesMax = 16_384;
/** … and wait so long for it once its headers are there. */
const bodyMs = 5_000;

/** Never rejects: a fault of ours is an attempt that failed as `sender_fault`. */
export async function makeAttempt(
  delivery: ClaimedDelivery,
  options: AttemptOptions,
): Promise<AttemptRecord> {
  const { clock, random, lane, traces } = options;
  const startedAt = clock.now();
  const startedMs = clock.monotonicMs();
  const span = traces.attempt(delivery);
  const { traceparent } = span;
  const findings = await find(traceparent === null ? delivery : { ...delivery, traceparent }, options);
  const record = {
    lane,
    deliveryId: delivery.id,
    attemptId: makeId("att", clock.now(), random),
    n: delivery.attempt,
    startedAt,
    durationMs: Math.max(0, Math.round(clock.monotonicMs() - startedMs)),
    url: withoutQuery(delivery.url),
    policy: delivery.policy,
    ...findings,
  };
  span.end(record);
  return record;
}

type Findings = Pick<AttemptRecord, "ended" | "detail" | "response" | "request" | "peerAddress">;

async function find(delivery: ClaimedDelivery, options: AttemptOptions): Promise<Findings> {
  try {
    const form = options.guard.formOf(delivery.url);
    if (form.ok) return await send(delivery, form.receiver, options);
    const { rule, detail } = form.refusal;
    return failed("blocked_url", `${detail} (rule ${rule})`);
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    options.log.error("attempt_fault", { deliveryId: delivery.id, tenantId: delivery.tenantId, reason });
    return failed("sender_fault", "Ringback could not make the request.");
  }
}

async function send(
  delivery: ClaimedDelivery,
  receiver: ReceiverUrl,
  options: AttemptOptions,
): Promise<Findings> {
  const { clock, userAgent } = options;
  const body = Buffer.from(delivery.body);
  const now = clock.now();
  const headers = attemptHeaders(delivery, { body, userAgent, now });
  const request = { method: "POST", path: receiver.path, headers: headers.sent, body };
  const timeoutMs = delivery.timeoutMs > 0 ? delivery.timeoutMs : options.attemptTimeoutMs;
  const result = await callOnce(receiver, request, { timeoutMs, lines: options.lines, clock });
  const sent = {
    request: result.phase === "request" ? { headers: headers.kept, bodyBytes: body.length } : null,
    peerAddress: result.peerAddress,
  };
  if (result.kind === "answer") return { ...sent, ...readAnswer(result, clock.now()) };
  if (isProtocolSwitch(result)) {
    const detail = "The receiver answered 101 and switched protocols, which is no answer to a webhook.";
    return { ...failed("unexpected_status", detail, emptyAnswer(101)), ...sent };
  }
  const { code, detail } = failureOf(result);
  if (code === "sender_fault") {
    options.log.error("attempt_fault", {
      deliveryId: delivery.id,
      tenantId: delivery.tenantId,
      reason: result.error.message,
    });
  }
  return { ...failed(code, detail), ...sent };
}

/**
 * Calls, and once more over a fresh socket when a kept one turns out to have been closed by the receiver before it answered:
 * that says nothing about this request (F93). The deadline spans both.
 */
async function callOnce(
  receiver: ReceiverUrl,
  request: LineRequest,
  options: { readonly timeoutMs: number; readonly lines: Lines; readonly clock: Clock },
): Promise<LineResult> {
  const { timeoutMs, lines, clock } = options;
  const startedMs = clock.monotonicMs();
  const line = lines.take(receiver);
  const first = await line.call(request, limits(timeoutMs));
  lines.giveBack(line);
  if (first.kind === "answer" || !first.isReused || !isHangUp(first)) return first;
  const leftMs = timeoutMs - (clock.monotonicMs() - startedMs);
  if (leftMs <= 0) return first;
  const fresh = lines.takeFresh(receiver);
  const second = await fresh.call(request, limits(leftMs));
  lines.giveBack(fresh);
  return second;
}

function limits(deadlineMs: number): CallLimits {
  return { deadlineMs, bodyMs, bodyReadBytesMax, bodyKeptBytesMax };
}

function failed(code: AttemptCode, detail: string, response: AttemptResponse | null = null): Findings {
  const ended = { outcome: "failed", code, retryAfterMs: null } as const;
  return { ended, detail, response, request: null, peerAddress: null };
}

function emptyAnswer(status: number): AttemptResponse {
  return { status, headers: {}, body: new Uint8Array(0), truncated: false };
}
