import { describe, expect, test } from "vitest";
import { noJitter } from "../testing/seeded-random.ts";
import { afterAttempt, attemptsLeft, type DeliveryLedger, type EndedAttempt } from "./after-attempt.ts";
import { defaultRetryPolicy } from "./backoff.ts";
import { attemptCodes, codeOfStatus, isFinal } from "./outcome.ts";

const now = 1_000_000;
const first: DeliveryLedger = {
  roundFailures: 0,
  redeliverRequested: false,
  isLast: false,
  policy: defaultRetryPolicy,
};
const delivered: EndedAttempt = { outcome: "delivered", code: "ok", retryAfterMs: null };
const failed: EndedAttempt = { outcome: "failed", code: "http_5xx", retryAfterMs: null };
const unknown: EndedAttempt = { outcome: "outcome_unknown", code: "outcome_unknown", retryAfterMs: null };
const decide = (ledger: Partial<DeliveryLedger>, attempt: EndedAttempt) =>
  afterAttempt({ ...first, ...ledger }, attempt, { now, random: noJitter });

describe("what becomes of a delivery after an attempt", () => {
  test("delivered, retried, or dead when the policy is exhausted", () => {
    expect(decide({}, delivered)).toEqual({ status: "delivered" });
    expect(decide({}, failed)).toEqual({
      status: "pending",
      dueAt: now + 5_000,
      nextTrigger: "auto",
      roundFailures: 1,
    });
    expect(decide({ roundFailures: 9 }, failed)).toEqual({ status: "dead" });
  });

  test("F79 an unknown outcome is due again at once and not held against the receiver", () => {
    expect(decide({ roundFailures: 9 }, unknown)).toEqual({
      status: "pending",
      dueAt: now,
      nextTrigger: "auto",
      roundFailures: 9,
    });
  });

  test("a redelivery asked for while the attempt was in flight is due after it, whatever it brought", () => {
    for (const attempt of [delivered, failed, unknown]) {
      expect(decide({ redeliverRequested: true, roundFailures: 9 }, attempt)).toEqual({
        status: "pending",
        dueAt: now,
        nextTrigger: "manual",
        roundFailures: 0,
      });
    }
  });

  test("F110 codes that no further try can mend are dead at once, all others are retried", () => {
    const final = attemptCodes.filter((code) => decide({}, { ...failed, code }).status === "dead");
    expect(final).toEqual(["gone", "no_retry", "blocked_address", "blocked_url"]);
    expect(final.every(isFinal)).toBe(true);
  });

  test("a last attempt delivers or cancels, whatever was asked for meanwhile, and never leaves a dead letter", () => {
    for (const redeliverRequested of [false, true]) {
      const last = { isLast: true, redeliverRequested };
      expect(decide(last, delivered)).toEqual({ status: "delivered" });
      expect(decide(last, failed)).toEqual({ status: "canceled" });
      expect(decide(last, { ...failed, code: "gone" })).toEqual({ status: "canceled" });
      expect(decide(last, unknown)).toEqual({ status: "canceled" });
    }
  });

  test("the attempts left never fall below zero", () => {
    expect(attemptsLeft(defaultRetryPolicy, 0)).toBe(10);
    expect(attemptsLeft([1, 2], 9)).toBe(0);
  });
});

describe("the code of a status", () => {
  test("only a 2xx is a success", () => {
    const byStatus = [
      100, 101, 199, 200, 204, 299, 300, 301, 304, 308, 400, 404, 410, 429, 499, 500, 503, 599,
    ].map((status) => `${status} ${codeOfStatus(status)}`);
    expect(byStatus).toEqual([
      "100 unexpected_status",
      "101 unexpected_status",
      "199 unexpected_status",
      "200 ok",
      "204 ok",
      "299 ok",
      "300 redirect_not_followed",
      "301 redirect_not_followed",
      "304 unexpected_status",
      "308 redirect_not_followed",
      "400 http_4xx",
      "404 http_4xx",
      "410 gone",
      "429 throttled",
      "499 http_4xx",
      "500 http_5xx",
      "503 throttled",
      "599 http_5xx",
    ]);
  });
});
