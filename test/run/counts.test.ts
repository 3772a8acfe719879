import { describe, expect, test } from "vitest";
import { closingLine, countTests, exitCodeOf, sum, type VitestReport } from "./counts.ts";

describe("what a run of tests adds up to", () => {
  test("passed, failed and skipped tests are counted as reported", () => {
    const report = reportOf({ status: "failed", tests: ["passed", "passed", "failed", "pending", "todo"] });
    expect(countTests(report, 1)).toEqual({ passed: 2, failed: 1, skipped: 2 });
  });

  test("a file that could not be loaded is a failure, although it reports no test", () => {
    const report = reportOf({ status: "passed", tests: ["passed"] }, { status: "failed", tests: [] });
    expect(countTests(report, 1)).toEqual({ passed: 1, failed: 1, skipped: 0 });
  });

  test("a file whose tests passed but whose teardown failed is a failure", () => {
    expect(countTests(reportOf({ status: "failed", tests: ["passed"] }), 1).failed).toBe(1);
  });

  test("an unhandled error is a failure, although every test passed", () => {
    expect(countTests(reportOf({ status: "passed", tests: ["passed"] }), 1).failed).toBe(1);
  });

  test("a run without a report, as after a crash, is a failure", () => {
    expect(countTests(null, 0)).toEqual({ passed: 0, failed: 1, skipped: 0 });
  });

  test("a run of no test, and one that skipped every test, is a failure", () => {
    expect(countTests(reportOf(), 0).failed).toBe(1);
    expect(countTests(reportOf({ status: "passed", tests: ["pending"] }), 0).failed).toBe(1);
  });
});

describe("what the closing line says", () => {
  test("it names passed and failed, and skipped only when there are any", () => {
    expect(closingLine({ passed: 3, failed: 0, skipped: 0 })).toBe("3 passed, 0 failed");
    expect(closingLine({ passed: 3, failed: 1, skipped: 2 })).toBe("3 passed, 1 failed, 2 skipped");
  });

  test("the exit code is 0 only when something passed and nothing failed", () => {
    expect(exitCodeOf({ passed: 1, failed: 0, skipped: 0 })).toBe(0);
    expect(exitCodeOf({ passed: 1, failed: 1, skipped: 0 })).toBe(1);
    expect(exitCodeOf({ passed: 0, failed: 0, skipped: 0 })).toBe(1);
  });

  test("parts are added up", () => {
    const part = { passed: 1, failed: 2, skipped: 3 };
    expect(sum([part, part])).toEqual({ passed: 2, failed: 4, skipped: 6 });
  });
});

function reportOf(...files: readonly { status: string; tests: readonly string[] }[]): VitestReport {
  return {
    testResults: files.map((file, index) => ({
      name: `${index}.test.ts`,
      status: file.status,
      assertionResults: file.tests.map((status) => ({ status })),
    })),
  };
}
