import { describe, expect, test } from "vitest";
import { idempotencyKeyOf, requestHashOf } from "./idempotency-key.ts";

describe("idempotencyKeyOf", () => {
  test.each([
    ["abc", "abc"],
    ['"abc"', "abc"],
    [' "a b" ', "a b"],
    ['"a,b"', "a,b"],
    ['"a\\"b\\\\"', 'a"b\\'],
    ["8e03978e-40d5-43dd-bc93-6894a57f9324", "8e03978e-40d5-43dd-bc93-6894a57f9324"],
    ["x".repeat(255), "x".repeat(255)],
    [`"${"x".repeat(255)}"`, "x".repeat(255)],
  ])("reads %s", (header, key) => {
    expect(idempotencyKeyOf(header)).toEqual({ key });
  });

  test.each([
    "",
    '""',
    "   ",
    "x".repeat(256),
    `"${"x".repeat(256)}"`,
    '"open',
    "tab\there",
    "naïve",
    "a, b",
    ",",
    '"a", "b"',
    'a, "b"',
  ])("refuses %j", (header) => {
    expect(idempotencyKeyOf(header)).toMatchObject({ refused: "idempotency-key-invalid" });
  });

  test("is null without the header", () => {
    expect(idempotencyKeyOf(undefined)).toBeNull();
  });
});

describe("requestHashOf", () => {
  test("differs with the body and with the route", () => {
    const body = Buffer.from("{}");
    expect(requestHashOf("POST /a", body)).toMatch(/^[0-9a-f]{64}$/);
    expect(requestHashOf("POST /a", body)).not.toBe(requestHashOf("POST /b", body));
    expect(requestHashOf("POST /a", body)).not.toBe(requestHashOf("POST /a", Buffer.from("{ }")));
  });
});
