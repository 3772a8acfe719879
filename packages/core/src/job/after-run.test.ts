import { describe, expect, test } from "vitest";
import { noJitter } from "../testing/seeded-random.ts";
import { afterRun, lostRunsMax, type RunLedger, type RunOutcome } from "./after-run.ts";

const now = 1_000_000;
const firstRun: RunLedger = { runs: 1, lostRuns: 0, releasedRuns: 0, maxRuns: 1, cancelRequestedAt: null };
const result = { contentType: "application/json", body: new TextEncoder().encode("1") };
const succeeded: RunOutcome = { kind: "succeeded", result, resultUrl: null };
const failed: RunOutcome = { kind: "failed", code: "handler_error", message: "boom", retryable: true };
const decide = (ledger: Partial<RunLedger>, outcome: RunOutcome) =>
  afterRun({ ...firstRun, ...ledger }, outcome, now, noJitter);

describe("what becomes of a job after a run", () => {
  test("every outcome of a first and only run", () => {
    expect(decide({}, succeeded)).toEqual({ status: "succeeded", result, resultUrl: null });
    expect(decide({}, failed)).toEqual({
      status: "failed",
      error: { code: "handler_error", message: "boom", run: 1 },
    });
    expect(decide({}, { kind: "canceled" })).toEqual({ status: "canceled" });
    expect(decide({}, { kind: "released" })).toEqual({
      status: "queued",
      dueAt: now,
      lostRuns: 0,
      releasedRuns: 1,
    });
    expect(decide({}, { kind: "lost" })).toEqual({
      status: "queued",
      dueAt: now,
      lostRuns: 1,
      releasedRuns: 0,
    });
  });

  test("F78 a cancellation requested before the end is committed wins over every outcome", () => {
    const outcomes: RunOutcome[] = [
      succeeded,
      failed,
      { kind: "canceled" },
      { kind: "released" },
      { kind: "lost" },
    ];
    for (const outcome of outcomes)
      expect(decide({ cancelRequestedAt: now - 1 }, outcome)).toEqual({ status: "canceled" });
  });

  test("failed runs are tried again up to maxRuns, 1 s doubling to 60 s", () => {
    const delays = Array.from({ length: 9 }, (_, index) => {
      const after = decide({ runs: index + 1, maxRuns: 10 }, failed);
      return after.status === "queued" ? after.dueAt - now : null;
    });
    expect(delays).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
    expect(decide({ runs: 10, maxRuns: 10 }, failed).status).toBe("failed");
  });

  test("lost and released runs are not counted against maxRuns", () => {
    expect(decide({ runs: 4, lostRuns: 1, releasedRuns: 1, maxRuns: 3 }, failed).status).toBe("queued");
    expect(decide({ runs: 5, lostRuns: 1, releasedRuns: 1, maxRuns: 3 }, failed).status).toBe("failed");
  });

  test("what cannot end better is not tried again", () => {
    const tooLarge: RunOutcome = { kind: "failed", code: "result_too_large", message: "", retryable: false };
    expect(decide({ maxRuns: 100 }, tooLarge).status).toBe("failed");
  });

  test("F73 a job that loses its process every time ends as runs_exhausted", () => {
    const last = decide({ runs: lostRunsMax, lostRuns: lostRunsMax - 1, maxRuns: 100 }, { kind: "lost" });
    expect(last).toMatchObject({ status: "failed", error: { code: "runs_exhausted", run: lostRunsMax } });
  });
});
