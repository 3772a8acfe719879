// How an endpoint is spelled: its URL without the query, its headers by name only, its secret once.
import {
  attemptTimeoutDefaultMs,
  defaultRetryPolicy,
  formatInstant,
  withoutQuery,
  type Endpoint,
} from "@ringback/core";

/** With `secret`, which only the answer that makes the endpoint shows. The policy and the timeout are those in force. */
export function endpointJson(endpoint: Endpoint, secret?: string): string {
  const { id, url, events, description, headers, retry, timeoutMs, status, pausedReason, metadata } =
    endpoint;
  const self = `/v1/endpoints/${id}`;
  return JSON.stringify({
    id,
    url: withoutQuery(url),
    events,
    ...(description === null ? {} : { description }),
    headerNames: Object.keys(headers).toSorted(),
    retry: retry ?? defaultRetryPolicy,
    timeoutMs: timeoutMs ?? attemptTimeoutDefaultMs,
    status,
    ...(pausedReason === null ? {} : { pausedReason }),
    metadata,
    ...(secret === undefined ? {} : { secret }),
    createdAt: formatInstant(endpoint.createdAt),
    updatedAt: formatInstant(endpoint.updatedAt),
    links: { self, pause: `${self}/pause`, resume: `${self}/resume` },
  });
}
