import { describe, expect, test } from "vitest";
import type { Attempt, Delivery } from "./delivery.ts";
import { explainDelivery } from "./explain.ts";
import { attemptCodes, type AttemptCode } from "./outcome.ts";

const now = Date.UTC(2026, 0, 1);
const delivery: Delivery = {
  tenantId: "acme",
  id: "dlv_1",
  eventId: "evt_1",
  eventType: "job.succeeded",
  jobId: "job_1",
  endpointId: null,
  laneId: "https://a.example",
  url: "https://a.example/x",
  host: "a.example",
  status: "pending",
  dueAt: now + 5_000,
  attemptStartedAt: null,
  attempts: 1,
  attemptsMax: 10,
  code: "http_5xx",
  httpStatus: 500,
  createdAt: now,
  finishedAt: null,
};
const attempt: Attempt = {
  id: "att_1",
  n: 1,
  trigger: "auto",
  startedAt: now,
  durationMs: 5,
  url: delivery.url,
  request: null,
  response: { status: 500, headers: {}, body: new Uint8Array(), truncated: false },
  outcome: "failed",
  code: "http_5xx",
  detail: null,
  peerAddress: null,
  retryAt: now + 5_000,
};

describe("the explanation of a delivery", () => {
  test("says what happened, why, and what happens next, in every state", () => {
    const explained = (changes: Partial<Delivery>, last: Attempt | null = attempt): string =>
      explainDelivery({ ...delivery, ...changes }, last, now);
    expect(explained({ attempts: 0, dueAt: now }, null)).toBe(
      "No attempt has been made yet; the first is due now.",
    );
    expect(explained({})).toBe(
      "Attempt 1 failed: a.example answered 500, an error on the receiver's side. The next one is due at 2026-01-01T00:00:05.000Z.",
    );
    expect(explained({}, { ...attempt, outcome: "delivered", code: "ok", response: null })).toMatch(
      /^Attempt 1 was delivered: .* since then a redelivery was asked for\. The next one/,
    );
    expect(explained({}, { ...attempt, outcome: "outcome_unknown", code: "outcome_unknown" })).toMatch(
      /^Attempt 1 has no known outcome: /,
    );
    expect(explained({ dueAt: null })).toMatch(/The next one is held until its endpoint is resumed\.$/);
    expect(
      explained({ status: "dead", endpointId: "ep_1", code: "gone" }, { ...attempt, code: "gone" }),
    ).toMatch(/resume that first and then redeliver it\.$/);
    expect(explained({ attemptStartedAt: now })).toBe("Attempt 2 to a.example is in flight.");
    expect(explained({ status: "dead", dueAt: null, attempts: 10 })).toMatch(
      /^Given up after 10 attempts: a\.example answered 500.*redeliver it/,
    );
    expect(explained({ status: "canceled", dueAt: null })).toMatch(/^Canceled/);
    expect(
      explained({ status: "delivered", dueAt: null }, { ...attempt, outcome: "delivered", code: "ok" }),
    ).toMatch(/^Delivered: a\.example/);
  });

  test.each<[fault: string, code: AttemptCode, told: string]>([
    ["F79", "outcome_unknown", "whether it arrived is unknown"],
    ["F82", "connect_refused", "refused the connection: nothing listens there"],
    ["F83", "unreachable", "could not be reached over the network"],
    ["F84", "connect_timeout", "did not accept a connection in time"],
    ["F85", "dns_not_found", "the name a.example does not exist"],
    ["F86", "dns_failed", "the name a.example could not be resolved"],
    ["F87", "dns_timeout", "the name server did not answer for a.example"],
    ["F88", "headers_timeout", "did not answer within the deadline"],
    ["F89", "truncated_response", "answered 500 and then broke off its body"],
    ["F92", "connection_reset", "closed the connection before it answered"],
    ["F99", "redirect_not_followed", "redirects are never followed: set the final URL"],
    ["F101", "unexpected_status", "which is no answer to a webhook"],
    ["F102", "invalid_response", "is not valid HTTP"],
    ["F105", "tls_expired", "has expired or is not valid yet"],
    ["F105", "tls_hostname", "is for another name"],
    ["F105", "tls_untrusted", "is not signed by a known authority"],
    ["F105", "tls_failed", "the TLS handshake with a.example failed"],
    ["F106", "tls_wrong_version", "does not fit its URL"],
    ["F109", "throttled", "asked for fewer requests"],
    ["F110", "gone", "answered 410 Gone"],
    ["F110", "http_4xx", "misconfigured"],
    ["F115", "sender_fault", "Ringback itself failed"],
    ["F116", "endpoint_deleted", "its endpoint was deleted"],
  ])("%s %s is told in words", (_, code, told) => {
    const dead = { ...delivery, status: "dead", dueAt: null, code } as const;
    expect(explainDelivery(dead, { ...attempt, code }, now)).toContain(told);
  });

  test("has one sentence for every code", () => {
    const sentences = attemptCodes.map((code) =>
      explainDelivery({ ...delivery, code }, { ...attempt, code }, now),
    );
    expect(new Set(sentences).size).toBe(attemptCodes.length);
    for (const sentence of sentences) expect(sentence).not.toMatch(/undefined|\[object/);
  });
});
