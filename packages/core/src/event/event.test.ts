import { describe, expect, test } from "vitest";
import { matchesEvent } from "./event-pattern.ts";
import { eventBody, jobEventTypes, terminalEventOf } from "./event.ts";

describe("event patterns", () => {
  test("match whole types, with * for any run of characters", () => {
    const matching = (...patterns: string[]): string[] =>
      jobEventTypes.filter((type) => matchesEvent(patterns, type));
    expect(matching("job.*")).toEqual(jobEventTypes);
    expect(matching("*")).toEqual(jobEventTypes);
    expect(matching("job.succeeded", "job.failed")).toEqual(["job.succeeded", "job.failed"]);
    expect(matching("*.*ed")).toEqual([
      "job.queued",
      "job.started",
      "job.succeeded",
      "job.failed",
      "job.canceled",
    ]);
    expect(matching("job.s*ed*ed")).toEqual(["job.succeeded"]);
    expect(matching("job", "ob.*", "job.succeeded.*", "")).toEqual([]);
  });

  test("do not let two parts share characters", () => {
    expect(matchesEvent(["ab*ba"], "aba")).toBe(false);
    expect(matchesEvent(["ab*ba"], "abba")).toBe(true);
  });

  test("stay linear on a hostile pattern", () => {
    expect(matchesEvent([`${"a*".repeat(5_000)}b`], "a".repeat(10_000))).toBe(false);
  });
});

describe("an event's body", () => {
  test("holds the data's text as it is", () => {
    const data = '{"big":12345678901234567890,"b":1,"a":2}';
    expect(eventBody("job.succeeded", Date.UTC(2026, 0, 2, 3, 4, 5, 6), data)).toBe(
      `{"type":"job.succeeded","timestamp":"2026-01-02T03:04:05.006Z","data":${data}}`,
    );
  });

  test("is told for final statuses only", () => {
    expect((["queued", "running", "succeeded", "failed", "canceled"] as const).map(terminalEventOf)).toEqual([
      null,
      null,
      "job.succeeded",
      "job.failed",
      "job.canceled",
    ]);
  });
});
