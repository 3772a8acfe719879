import type { RunProgress } from "@ringback/core";
import { describe, expect, test } from "vitest";
import { createProgressReport, type ProgressReport } from "./progress.ts";
import { createKeptLog } from "./testing/fakes.ts";
import { createManualClock } from "./testing/manual-clock.ts";
import { settled } from "./testing/until.ts";

interface Fixture {
  readonly clock: ReturnType<typeof createManualClock>;
  readonly log: ReturnType<typeof createKeptLog>;
  readonly report: ProgressReport;
  readonly written: RunProgress[];
  readonly state: { answer: () => Promise<"written" | "lost">; lost: number };
}

function fixture(): Fixture {
  const clock = createManualClock();
  const log = createKeptLog();
  const written: RunProgress[] = [];
  const state: Fixture["state"] = { answer: async () => "written", lost: 0 };
  const report = createProgressReport({
    run: { tenantId: "t", jobId: "j", token: 3 },
    progressMs: 500,
    write: (progress) => {
      written.push(progress);
      return state.answer();
    },
    onLost: () => void (state.lost += 1),
    clock,
    log,
  });
  return { clock, log, report, written, state };
}

describe("a run's progress", () => {
  test("is written at most once per interval, the newest only", async () => {
    const { clock, report, written } = fixture();
    for (let percent = 0; percent <= 50; percent += 1) report.report(percent, `at ${percent}`);
    await settled();
    expect(written).toMatchObject([{ percent: 0, message: "at 0", token: 3 }]);
    clock.advance(499);
    await settled();
    expect(written).toHaveLength(1);
    clock.advance(1);
    await settled();
    expect(written).toMatchObject([{ percent: 0 }, { percent: 50, message: "at 50" }]);
    clock.advance(10_000);
    await settled();
    expect(written).toHaveLength(2);
  });

  test("of a handler that reports a thousand times a second costs at most two writes a second", async () => {
    const { clock, report, written } = fixture();
    for (let ms = 0; ms < 10_000; ms += 1) {
      report.report(ms / 100, `at ${ms}`);
      await settled();
      clock.advance(1);
    }
    expect(written.length).toBeGreaterThan(15);
    // The first at once, then one every half second.
    expect(written.length).toBeLessThanOrEqual(1 + 2 * 10);
  });

  test("is clamped to 0 … 100, and ignored when it is no number", async () => {
    const { clock, report, written } = fixture();
    for (const percent of [Number.NaN, Number.POSITIVE_INFINITY, "50", null, undefined, 1n])
      report.report(percent, undefined);
    await settled();
    expect(written).toEqual([]);
    for (const percent of [-5, 1e9, 100 / 3]) {
      report.report(percent, 7);
      await settled();
      clock.advance(500);
    }
    expect(written.map(({ percent }) => percent)).toEqual([0, 100, 33]);
    expect(written.map(({ message }) => message)).toEqual([null, null, null]);
  });

  test("keeps at most 1 KiB of its message", async () => {
    const { report, written } = fixture();
    report.report(1, "é".repeat(100_000));
    await settled();
    expect(Buffer.byteLength(written[0]?.message ?? "")).toBeLessThanOrEqual(1_024);
  });

  test("is never written after the end", async () => {
    const { clock, report, written } = fixture();
    report.report(1, undefined);
    report.report(2, undefined);
    report.close();
    report.report(3, undefined);
    await settled();
    clock.advance(10_000);
    await settled();
    expect(written).toMatchObject([{ percent: 1 }]);
    expect(clock.timers).toBe(0);
  });

  test("writes of one run never overtake each other", async () => {
    const { clock, report, written, state } = fixture();
    const { promise, resolve } = Promise.withResolvers<"written">();
    state.answer = () => promise;
    report.report(1, undefined);
    report.report(2, undefined);
    clock.advance(5_000);
    await settled();
    expect(written).toHaveLength(1);
    resolve("written");
    await settled();
    clock.advance(0);
    expect(written).toMatchObject([{ percent: 1 }, { percent: 2 }]);
  });

  test("a write that fails is logged and held against nobody", async () => {
    const { clock, log, report, written, state } = fixture();
    state.answer = () => Promise.reject(new Error("away"));
    report.report(1, undefined);
    await settled();
    expect(log.events()).toEqual(["progress_not_written"]);
    state.answer = async () => "written";
    report.report(2, undefined);
    clock.advance(500);
    await settled();
    expect(written).toHaveLength(2);
  });

  test("F70 a refused write tells that the lease is lost, unless the run has ended meanwhile", async () => {
    const { report, state } = fixture();
    state.answer = async () => "lost";
    report.report(1, undefined);
    await settled();
    expect(state.lost).toBe(1);
    const ended = fixture();
    ended.state.answer = async () => "lost";
    ended.report.report(1, undefined);
    ended.report.close();
    await settled();
    expect(ended.state.lost).toBe(0);
  });
});
