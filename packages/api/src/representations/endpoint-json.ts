// How an endpoint is spelled: its URL without the query, its headers by name only, its secret once, its public keys always.
import {
  attemptTimeoutDefaultMs,
  defaultRetryPolicy,
  formatInstant,
  withoutQuery,
  type Endpoint,
  type Instant,
  type PublicKey,
} from "@ringback/core";

/**
 * With `secret`, which only the answers that make one show; a pair's secret is never shown. The policy and the timeout are
 * those in force.
 */
export function endpointJson(endpoint: Endpoint, now: Instant, secret?: string): string {
  const { id, url, events, description, headers, retry, timeoutMs, status, pausedReason, metadata } =
    endpoint;
  const { maxInFlight, ratePerSecond, ordered, signature } = endpoint;
  const self = `/v1/endpoints/${id}`;
  return JSON.stringify({
    id,
    url: withoutQuery(url),
    events,
    ...(description === null ? {} : { description }),
    headerNames: Object.keys(headers).toSorted(),
    retry: retry ?? defaultRetryPolicy,
    timeoutMs: timeoutMs ?? attemptTimeoutDefaultMs,
    ...(maxInFlight === null ? {} : { maxInFlight }),
    ...(ratePerSecond === null ? {} : { ratePerSecond }),
    ordered,
    signature,
    ...(signature === "standard-ed25519" ? { publicKeys: activeKeys(endpoint, now) } : {}),
    status,
    ...(pausedReason === null ? {} : { pausedReason }),
    metadata,
    ...(secret === undefined ? {} : { secret }),
    createdAt: formatInstant(endpoint.createdAt),
    updatedAt: formatInstant(endpoint.updatedAt),
    links: {
      self,
      pause: `${self}/pause`,
      resume: `${self}/resume`,
      test: `${self}/test`,
      rotateSecret: `${self}/secret/rotate`,
    },
  });
}

/** What a receiver verifies with now, the newest first. */
export function publicKeysJson(endpoint: Endpoint, now: Instant): string {
  const data = endpoint.publicKeys.filter((key) => isActive(key, now));
  return JSON.stringify({
    data: data.map(({ publicKey, createdAt, expiresAt }) => ({
      publicKey,
      createdAt: formatInstant(createdAt),
      ...(expiresAt === null ? {} : { expiresAt: formatInstant(expiresAt) }),
    })),
  });
}

function activeKeys({ publicKeys }: Endpoint, now: Instant): readonly string[] {
  return publicKeys.filter((key) => isActive(key, now)).map(({ publicKey }) => publicKey);
}

function isActive({ expiresAt }: PublicKey, now: Instant): boolean {
  return expiresAt === null || expiresAt > now;
}
