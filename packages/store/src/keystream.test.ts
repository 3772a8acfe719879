import { describe, expect, it } from "vitest";
import { createKeystream, seedBytes } from "./keystream.ts";

const seed = (first: number): Uint8Array => Uint8Array.from({ length: seedBytes }, (_, at) => first + at);
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

describe("a keystream", () => {
  it("gives the same bytes for the same seed however they are drawn, and others for another", () => {
    const whole = createKeystream(seed(0))(40_000);
    const inParts = createKeystream(seed(0));
    const parts = [10, 7_000, 12_990, 20_000].map((count) => hex(inParts(count)));
    expect(parts.join("")).toBe(hex(whole));
    expect(hex(createKeystream(seed(1))(32))).not.toBe(hex(whole.subarray(0, 32)));
  });

  it("does not repeat itself, also beyond its first block", () => {
    const draw = createKeystream(seed(0));
    const drawn = new Set(Array.from({ length: 20_000 }, () => hex(draw(10))));
    expect(drawn.size).toBe(20_000);
  });

  it("leaves what it gave out to its caller alone", () => {
    const draw = createKeystream(seed(0));
    const [first] = [draw(10), draw(10)];
    expect(first).toEqual(createKeystream(seed(0))(10));
  });

  it("refuses a seed of another length", () => {
    expect(() => createKeystream(new Uint8Array(16))).toThrow(RangeError);
  });
});
