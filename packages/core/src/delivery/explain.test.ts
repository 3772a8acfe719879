import { describe, expect, test } from "vitest";
import type { Attempt, Delivery } from "./delivery.ts";
import { explainDelivery } from "./explain.ts";
import { attemptCodes } from "./outcome.ts";

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

  test("has one sentence for every code", () => {
    const sentences = attemptCodes.map((code) =>
      explainDelivery({ ...delivery, code }, { ...attempt, code }, now),
    );
    expect(new Set(sentences).size).toBe(attemptCodes.length);
    for (const sentence of sentences) expect(sentence).not.toMatch(/undefined|\[object/);
  });
});
