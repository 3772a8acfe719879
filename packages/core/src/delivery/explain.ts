// One sentence for the support desk: what happened to a delivery, why, and what happens next.
import { formatInstant, type Instant } from "../ports/time.ts";
import type { Attempt, Delivery } from "./delivery.ts";
import type { AttemptCode } from "./outcome.ts";

/** Written from the delivery and its last attempt; `now` tells what is overdue. */
export function explainDelivery(delivery: Delivery, last: Attempt | null, now: Instant): string {
  const { status, host, attempts } = delivery;
  if (status === "delivered") {
    return `Delivered: ${host} answered ${last?.response?.status ?? "2xx"} to attempt ${attempts}; nothing more will be sent.`;
  }
  if (status === "canceled") return "Canceled before it was delivered; nothing more will be sent.";
  if (status === "dead") {
    return `Given up after ${count(attempts)}: ${reason(delivery, last)}. It is kept as a dead letter; ${remedy(delivery)}.`;
  }
  if (delivery.attemptStartedAt !== null) return `Attempt ${attempts + 1} to ${host} is in flight.`;
  const when = next(delivery, now);
  if (last === null) return `No attempt has been made yet; the first ${when}.`;
  return `Attempt ${last.n} ${outcome(delivery, last)}. The next one ${when}.`;
}

function outcome(delivery: Delivery, last: Attempt): string {
  if (last.outcome === "failed") return `failed: ${reason(delivery, last)}`;
  if (last.outcome === "outcome_unknown") return `has no known outcome: ${reason(delivery, last)}`;
  return `was delivered: ${reason(delivery, last)}; since then a redelivery was asked for`;
}

/** A 410 has paused the endpoint, so a redelivery alone would be held. */
function remedy(delivery: Delivery): string {
  const isPaused = delivery.code === "gone" && delivery.endpointId !== null;
  return isPaused
    ? "its endpoint was paused, so resume that first and then redeliver it"
    : "redeliver it once the receiver is repaired";
}

function next(delivery: Delivery, now: Instant): string {
  if (delivery.dueAt === null) return "is held until its endpoint is resumed";
  return delivery.dueAt <= now ? "is due now" : `is due at ${formatInstant(delivery.dueAt)}`;
}

function count(attempts: number): string {
  return attempts === 1 ? "1 attempt" : `${attempts} attempts`;
}

function reason(delivery: Delivery, last: Attempt | null): string {
  const code = last?.code ?? delivery.code ?? "outcome_unknown";
  const status = last?.response?.status ?? delivery.httpStatus;
  return reasons[code](delivery.host, status === null ? "an error" : String(status));
}

type Sentence = (host: string, status: string) => string;

const reasons: Readonly<Record<AttemptCode, Sentence>> = {
  ok: (host, status) => `${host} answered ${status}`,
  truncated_response: (host, status) => `${host} answered ${status} and then broke off its body`,
  redirect_not_followed: (host, status) =>
    `${host} answered ${status}, a redirect, and redirects are never followed: set the final URL`,
  gone: (host) => `${host} answered 410 Gone, which means it wants no more callbacks`,
  throttled: (host, status) => `${host} answered ${status} and asked for fewer requests`,
  http_4xx: (host, status) =>
    `${host} refused it with ${status}, which usually means the URL, its authorization or its verification is misconfigured`,
  http_5xx: (host, status) => `${host} answered ${status}, an error on the receiver's side`,
  unexpected_status: (host, status) => `${host} answered ${status}, which is no answer to a webhook`,
  no_retry: (host, status) => `${host} answered ${status} and asked not to be tried again (webhook-no-retry)`,
  connect_refused: (host) => `${host} refused the connection: nothing listens there`,
  unreachable: (host) => `${host} could not be reached over the network`,
  connect_timeout: (host) => `${host} did not accept a connection in time`,
  dns_not_found: (host) => `the name ${host} does not exist`,
  dns_failed: (host) => `the name ${host} could not be resolved`,
  dns_timeout: (host) => `the name server did not answer for ${host}`,
  tls_expired: (host) => `the TLS certificate of ${host} has expired or is not valid yet`,
  tls_hostname: (host) => `the TLS certificate of ${host} is for another name`,
  tls_untrusted: (host) => `the TLS certificate of ${host} is not signed by a known authority`,
  tls_wrong_version: (host) =>
    `what ${host} speaks does not fit its URL: https takes TLS 1.2 or newer, and http takes no TLS`,
  tls_failed: (host) => `the TLS handshake with ${host} failed`,
  headers_timeout: (host) => `${host} accepted the request and did not answer within the deadline`,
  connection_reset: (host) => `${host} closed the connection before it answered`,
  invalid_response: (host) => `${host} answered something that is not valid HTTP`,
  blocked_address: (host) => `${host} leads to an address that Ringback may not call`,
  blocked_url: () => "its URL is one that Ringback may not call",
  outcome_unknown: (host) =>
    `Ringback was interrupted while it called ${host}, so whether it arrived is unknown`,
  sender_fault: () => "Ringback itself failed while it made the request",
};
