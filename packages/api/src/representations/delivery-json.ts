// How deliveries, their attempts and dead letters are spelled. A dead letter is its delivery with what was decided about it.
import { isUtf8 } from "node:buffer";
import {
  deliveryExpiresAt,
  explainDelivery,
  formatInstant,
  type Attempt,
  type AttemptResponse,
  type DeadLetter,
  type Delivery,
  type DeadLetterGroup,
  type Instant,
  type Retention,
} from "@ringback/core";

type Members = Readonly<Record<string, unknown>>;

export interface History {
  readonly attempts: readonly Attempt[];
  readonly now: Instant;
}

/** How long each is kept, which says when it will be gone. */
export type Kept = Pick<Retention, "deliveriesMs" | "deadLettersMs">;

/** Without `history` as in a list; with it, all attempts and the sentence that explains them. */
export function deliveryJson(delivery: Delivery, kept: Kept, history?: History): string {
  return JSON.stringify({ ...deliveryMembers(delivery, kept), ...historyMembers(delivery, history) });
}

export function deadLetterJson(deadLetter: DeadLetter, kept: Kept, history?: History): string {
  const { delivery, state, reason, httpStatus, detail, diedAt, resolvedAt } = deadLetter;
  const self = `/v1/dead-letters/${delivery.id}`;
  return JSON.stringify({
    ...deliveryMembers(delivery, kept),
    state,
    reason,
    ...optional("httpStatus", httpStatus),
    ...optional("detail", detail),
    diedAt: formatInstant(diedAt),
    ...instant("resolvedAt", resolvedAt),
    ...instant("discardedAt", deadLetter.discardedAt),
    ...optional("discardReason", deadLetter.discardReason),
    ...optional("note", deadLetter.note),
    ...historyMembers(delivery, history),
    links: {
      self,
      delivery: `/v1/deliveries/${delivery.id}`,
      redeliver: `${self}/redeliver`,
      discard: `${self}/discard`,
    },
  });
}

/** A cause, how many died of it, and one of them. */
export function deadLetterGroupJson(group: DeadLetterGroup): string {
  const { host, code, httpStatus, count, firstAt, lastAt, sampleId } = group;
  const query = new URLSearchParams({
    host,
    code,
    ...(httpStatus !== null && { httpStatus: String(httpStatus) }),
  });
  return JSON.stringify({
    host,
    code,
    ...optional("httpStatus", httpStatus),
    count,
    firstAt: formatInstant(firstAt),
    lastAt: formatInstant(lastAt),
    sample: sampleId,
    links: { deadLetters: `/v1/dead-letters?${query.toString()}`, sample: `/v1/dead-letters/${sampleId}` },
  });
}

function deliveryMembers(delivery: Delivery, kept: Kept): Members {
  const { id, status, eventId, eventType, jobId, endpointId, url, host } = delivery;
  const self = `/v1/deliveries/${id}`;
  return {
    id,
    status,
    eventId,
    eventType,
    ...optional("jobId", jobId),
    ...optional("endpointId", endpointId),
    url,
    host,
    ...optional("code", delivery.code),
    ...optional("httpStatus", delivery.httpStatus),
    attemptsMade: delivery.attempts,
    ...optional("attemptsMax", delivery.attemptsMax),
    ...instant("dueAt", delivery.dueAt),
    // Pending without a due time: its lane is paused, and nothing is sent until the endpoint is resumed.
    ...(status === "pending" && delivery.dueAt === null ? { held: true } : {}),
    ...instant("attemptStartedAt", delivery.attemptStartedAt),
    createdAt: formatInstant(delivery.createdAt),
    ...instant("finishedAt", delivery.finishedAt),
    ...instant("expiresAt", deliveryExpiresAt(delivery, kept)),
    links: { self, redeliver: `${self}/redeliver` },
  };
}

function historyMembers(delivery: Delivery, history: History | undefined): Members {
  if (history === undefined) return {};
  const { attempts, now } = history;
  return {
    explain: explainDelivery(delivery, attempts.at(-1) ?? null, now),
    attempts: attempts.map(attemptMembers),
  };
}

function attemptMembers(attempt: Attempt): Members {
  const { id, n, trigger, startedAt, durationMs, url, request, response } = attempt;
  return {
    id,
    n,
    trigger,
    startedAt: formatInstant(startedAt),
    durationMs,
    url,
    request,
    ...(response === null ? {} : { response: responseMembers(response) }),
    outcome: attempt.outcome,
    code: attempt.code,
    detail: attempt.detail,
    peerAddress: attempt.peerAddress,
    retryAt: attempt.retryAt === null ? null : formatInstant(attempt.retryAt),
  };
}

/** A body that is not UTF-8 is shown as base64 and says so. */
function responseMembers({ status, headers, body, truncated }: AttemptResponse): Members {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  // Keeping 16 KiB may have cut the last character in half; that does not make it binary.
  const isText = isUtf8(bytes) || (truncated && [1, 2, 3].some((cut) => isUtf8(bytes.subarray(0, -cut))));
  return {
    status,
    headers,
    body: bytes.toString(isText ? "utf8" : "base64"),
    ...(isText ? {} : { bodyEncoding: "base64" }),
    truncated,
  };
}

function optional(name: string, value: string | number | null): Members {
  return value === null ? {} : { [name]: value };
}

function instant(name: string, value: Instant | null): Members {
  return value === null ? {} : { [name]: formatInstant(value) };
}
