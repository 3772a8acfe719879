import { describe, expect, test } from "vitest";
import { readReport } from "./isolate-words.ts";

describe("what comes out of an isolate", () => {
  test.each([
    ["text of somebody else", "ready"],
    ["an object of somebody else", { type: "ready" }],
    ["null", null],
    ["an end without a run", { ringback: "ended", end: { kind: "canceled" } }],
    ["an end of an unknown sort", { ringback: "ended", run: 1, end: { kind: "released" } }],
    [
      "a failure with a code that is none",
      { ringback: "ended", run: 1, end: { kind: "failed", code: "x", message: "" } },
    ],
    [
      "a result without bytes",
      { ringback: "ended", run: 1, end: { kind: "succeeded", result: { contentType: "a/b", body: "" } } },
    ],
    ["progress without a number", { ringback: "progress", run: 1, percent: "1" }],
    ["a line of an unknown level", { ringback: "log", level: "fatal", event: "x" }],
  ])("%s is not heard", (_name, heard) => {
    expect(readReport(heard)).toBeNull();
  });

  test("an end is heard as it was meant", () => {
    const failed = { kind: "failed", code: "handler_error", message: "boom", retryable: true } as const;
    expect(readReport({ ringback: "ended", run: 1, end: failed })).toEqual({
      ringback: "ended",
      run: 1,
      end: failed,
    });
    const end = { kind: "succeeded", result: { contentType: "a/b", body: new Uint8Array([1]) } };
    expect(readReport({ ringback: "ended", run: 2, end })).toEqual({ ringback: "ended", run: 2, end });
  });
});
