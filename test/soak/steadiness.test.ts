import { expect, test } from "vitest";
import { steadinessOf } from "./steadiness.ts";

const allowance = { part: 0.1, amount: 5 };
const of = (value: (at: number) => number): readonly number[] =>
  Array.from({ length: 100 }, (_, at) => value(at));

test("what rises while it warms up and then stays is flat", () => {
  const samples = of((at) => Math.min(at, 25) * 4);
  expect(steadinessOf(samples, allowance)).toEqual({ first: 100, last: 100, isFlat: true });
});

test("what saws up and down around the same is flat", () => {
  expect(
    steadinessOf(
      of((at) => 100 + (at % 10) * 8),
      allowance,
    ).isFlat,
  ).toBe(true);
});

test("a leak is not flat, however slow against the saw", () => {
  expect(
    steadinessOf(
      of((at) => 100 + (at % 10) * 8 + at / 2),
      allowance,
    ).isFlat,
  ).toBe(false);
});

test("a small amount is allowed, and so is a small part of much", () => {
  expect(
    steadinessOf(
      of((at) => (at > 60 ? 6 : 1)),
      allowance,
    ).isFlat,
  ).toBe(true);
  expect(
    steadinessOf(
      of((at) => (at > 60 ? 7 : 1)),
      allowance,
    ).isFlat,
  ).toBe(false);
  expect(
    steadinessOf(
      of((at) => (at > 60 ? 1_100 : 1_000)),
      allowance,
    ).isFlat,
  ).toBe(true);
});

test("what falls is flat", () => {
  expect(
    steadinessOf(
      of((at) => 1_000 - at),
      allowance,
    ).isFlat,
  ).toBe(true);
});

test("a few samples say nothing", () => {
  expect(() => steadinessOf([1, 2, 3], allowance)).toThrow(/too few/);
});
