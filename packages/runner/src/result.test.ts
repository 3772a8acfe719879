import { describe, expect, test } from "vitest";
import { encodeResult, type EncodedResult } from "./result.ts";

const bytesMax = 1_048_576;
const textOf = (encoded: EncodedResult): string =>
  encoded.ok ? new TextDecoder().decode(encoded.result.body) : `${encoded.code}: ${encoded.message}`;
const encode = (value: unknown): string => textOf(encodeResult(value, bytesMax));

function cycle(): unknown {
  const top: { items: { owner?: unknown }[] } = { items: [{}] };
  top.items[0] = { owner: top };
  return top;
}

function shared(levels: number): unknown {
  let value: unknown = "x";
  for (let level = 0; level < levels; level += 1) value = [value, value];
  return value;
}

function sparse(length: number): unknown[] {
  const items: unknown[] = [];
  items.length = length;
  return items;
}

function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level += 1) value = { in: value };
  return value;
}

describe("what a handler returns is kept exactly", () => {
  test.each<readonly [string, unknown, string]>([
    ["an object", { b: 1, a: [true, null, "é"] }, '{"b":1,"a":[true,null,"é"]}'],
    ["undefined", undefined, "null"],
    ["null", null, "null"],
    ["a string", "x", '"x"'],
    ["a date", new Date(0), '"1970-01-01T00:00:00.000Z"'],
    ["a shared reference that is no cycle", { a: [1], b: [1] }, '{"a":[1],"b":[1]}'],
    [
      "an object with more than contentType and body",
      { contentType: "text/csv", body: "a", more: 1 },
      '{"contentType":"text/csv","body":"a","more":1}',
    ],
    [
      "an object whose body is no text",
      { contentType: "text/csv", body: 1 },
      '{"contentType":"text/csv","body":1}',
    ],
  ])("F67 %s is JSON", (_name, value, json) => {
    expect(encodeResult(value, bytesMax)).toMatchObject({
      ok: true,
      result: { contentType: "application/json" },
    });
    expect(encode(value)).toBe(json);
  });

  test("F17 JSON.rawJSON is written as its text, and measured by it", () => {
    const { rawJSON } = JSON as unknown as { rawJSON(text: string): object };
    const value = { id: rawJSON("12345678901234567890"), items: [rawJSON("1.00"), 2] };
    const text = '{"id":12345678901234567890,"items":[1.00,2]}';
    expect(encode(value)).toBe(text);
    expect(encodeResult(value, text.length).ok).toBe(true);
    expect(textOf(encodeResult(value, text.length - 1))).toMatch(/^result_too_large/);
  });

  test("{contentType, body} keeps text and bytes as they are", () => {
    expect(encodeResult({ contentType: "text/csv; charset=utf-8", body: "a,b\n" }, bytesMax)).toEqual({
      ok: true,
      result: { contentType: "text/csv; charset=utf-8", body: new TextEncoder().encode("a,b\n") },
    });
    const body = Buffer.from([0, 255, 1]);
    const encoded = encodeResult({ contentType: "image/png", body }, bytesMax);
    body.fill(7);
    expect(encoded).toEqual({
      ok: true,
      result: { contentType: "image/png", body: Uint8Array.of(0, 255, 1) },
    });
  });

  test("a body that is called JSON has to be JSON, since it will stand inside other JSON", () => {
    expect(encode({ contentType: "application/json", body: '{"a":1}' })).toBe('{"a":1}');
    expect(encode({ contentType: "application/json", body: "{" })).toMatch(
      /^result_not_serialisable: .* not JSON/,
    );
    expect(encode({ contentType: "application/json", body: Uint8Array.of(34, 255, 34) })).toMatch(/not JSON/);
  });

  test.each(["text", "a b/c", "text/csv\r\nx: y", "text/é", `text/${"x".repeat(300)}`])(
    "a contentType that is no media type is refused: %j",
    (contentType) => {
      expect(encode({ contentType, body: "x" })).toMatch(/^result_not_serialisable: .*media type/);
    },
  );
});

describe("F67 what cannot be kept says why", () => {
  test.each<readonly [string, unknown, RegExp]>([
    ["a cycle", cycle(), /at \/items\/0\/owner refers back/],
    ["a BigInt", { totals: [1, { sum: 10n }] }, /at \/totals\/1\/sum is a BigInt/],
    ["a bare BigInt", 1n, /The result is a BigInt/],
    ["a function", () => 1, /is a function/],
    ["a symbol", Symbol("x"), /is a symbol/],
    [
      "a toJSON that throws",
      {
        toJSON: () => {
          throw new Error("not today");
        },
      },
      /not today/,
    ],
    [
      "a toJSON that throws null",
      {
        toJSON: () => {
          throw null as unknown as Error;
        },
      },
      /it threw/,
    ],
    ["a toJSON that returns nothing", { toJSON: () => undefined }, /toJSON returned nothing/],
    [
      "a getter that throws",
      {
        get a(): number {
          throw new Error("no a");
        },
      },
      /no a/,
    ],
    ["bytes without a content type", Buffer.from("abc"), /return them as \{contentType, body\}/],
    ["a value nested 100,000 deep", nested(100_000), /nested deeper than 1000 levels/],
    [
      "a proxy without an end",
      new Proxy(
        {},
        {
          get: (_target, key): unknown => {
            throw new Error(`asked for ${String(key)}`);
          },
        },
      ),
      /asked for/,
    ],
  ])("F67 %s is result_not_serialisable", (_name, value, message) => {
    expect(encode(value)).toMatch(/^result_not_serialisable: /);
    expect(encode(value)).toMatch(message);
  });

  test.each<readonly [string, unknown]>([
    ["a string of 100 MB", "x".repeat(100_000_000)],
    ["a body of 100 MB", { contentType: "text/plain", body: "x".repeat(100_000_000) }],
    ["bytes of 100 MB", { contentType: "application/octet-stream", body: new Uint8Array(100_000_000) }],
    ["a member of 100 MB", { a: { b: "x".repeat(100_000_000) } }],
    ["typed arrays inside", { pixels: new Uint8Array(100_000_000) }],
    ["a sparse array of four billion", { items: sparse(4_000_000_000) }],
    ["shared references that unfold to 2^60 items", shared(60)],
    ["many small items", Array.from({ length: 300_000 }, () => ({ a: 1 }))],
    ["text that is too large only as UTF-8", "é".repeat(600_000)],
  ])("F67 %s is result_too_large, with both sizes", (_name, value) => {
    expect(encode(value)).toMatch(
      /^result_too_large: The result has (at least )?\d+ bytes; at most 1048576 bytes are kept\.$/,
    );
  });

  test("a result of exactly the allowed size is kept", () => {
    expect(encodeResult("x".repeat(bytesMax - 2), bytesMax).ok).toBe(true);
    expect(encodeResult("x".repeat(bytesMax - 1), bytesMax).ok).toBe(false);
  });
});
