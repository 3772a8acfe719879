import { JobFailure } from "@ringback/core";
import { describe, expect, test } from "vitest";
import { errorMessageBytesMax, failureOf } from "./thrown-value.ts";

const bytes = (text: string): number => Buffer.byteLength(text);

class Hostile extends Error {
  override get message(): string {
    throw new Error("no message for you");
  }
}

const anything: readonly (readonly [string, unknown, string])[] = [
  ["a string", "the disk is full", "the disk is full"],
  ["an empty string", "", "The handler threw an empty string."],
  ["null", null, "The handler threw null."],
  ["undefined", undefined, "The handler threw undefined."],
  ["a number", 42, "The handler threw 42."],
  ["a BigInt", 1n, "The handler threw a BigInt."],
  ["a symbol", Symbol("x"), "The handler threw Symbol(x)."],
  ["a function", () => 1, "The handler threw a function."],
  ["an error", new Error("boom"), "boom"],
  ["a named error", new TypeError("x is not a function"), "TypeError: x is not a function"],
  ["an error without a message", new RangeError(""), "The handler threw RangeError without a message."],
  ["a frozen object", Object.freeze({ secret: "s" }), "The handler threw an object without a message."],
  ["an object with a message", { message: "said so" }, "said so"],
  ["an object without a prototype", Object.create(null), "The handler threw an object without a message."],
  ["an error whose message throws", new Hostile(), "The handler threw something that cannot be read."],
  [
    "a proxy that refuses everything",
    new Proxy(new Error("x"), {
      getPrototypeOf: () => {
        throw new Error("no");
      },
    }),
    "The handler threw something that cannot be read.",
  ],
];

describe("F61 a handler may throw anything", () => {
  test.each(anything)("F61 %s becomes a handler_error with a sentence", (_name, thrown, message) => {
    expect(failureOf(thrown)).toEqual({ kind: "failed", code: "handler_error", message, retryable: true });
  });

  test("F61 a huge message is cut to 8 KiB, on a character's border", () => {
    const { message } = failureOf(new Error("é😀".repeat(10_000_000)));
    expect(bytes(message)).toBeLessThanOrEqual(errorMessageBytesMax);
    expect(bytes(message)).toBeGreaterThan(errorMessageBytesMax - 8);
    expect(message.isWellFormed()).toBe(true);
    expect(message.endsWith("…")).toBe(true);
  });

  test("F61 a message keeps no NUL and no lone surrogate, which databases and JSON refuse", () => {
    expect(failureOf("a\u0000b\ud800c").message).toBe("a\uFFFDb\uFFFDc");
  });

  test("a JobFailure says itself how its job fails", () => {
    const thrown = new JobFailure("blocked", { code: "blocked_address", retryable: false });
    expect(failureOf(thrown)).toEqual({
      kind: "failed",
      code: "blocked_address",
      message: "blocked",
      retryable: false,
    });
  });

  test("a JobFailure with a code outside the list is a handler_error", () => {
    const thrown = Object.assign(new JobFailure("x"), { code: "unknown_kind" });
    expect(failureOf(thrown)).toMatchObject({ code: "handler_error", message: "x" });
  });
});
