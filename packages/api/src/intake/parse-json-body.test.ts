import { describe, expect, test } from "vitest";
import { isRefusal } from "../problems/refusal.ts";
import { parseJsonBytes } from "./parse-json-body.ts";

describe("parseJsonBytes", () => {
  test("F14 bytes that are not UTF-8 are refused with their offset", () => {
    const bytes = Buffer.concat([Buffer.from('{"a":"é'), Buffer.from([0xff]), Buffer.from('"}')]);
    expect(parseJsonBytes(bytes, null)).toMatchObject({
      refused: "text-invalid",
      detail: expect.stringContaining("byte 8") as string,
    });
  });

  test("F14 a character cut at the end is refused where it begins to be wrong", () => {
    const parsed = parseJsonBytes(Buffer.from([0x22, 0x61, 0xc3]), null);
    expect(parsed).toMatchObject({ refused: "text-invalid" });
  });

  test("offsets count bytes and not characters", () => {
    expect(parseJsonBytes(Buffer.from('{"é":"\\ud800"}'), null)).toMatchObject({
      refused: "text-invalid",
      detail: expect.stringContaining("(byte 7)") as string,
    });
    expect(parseJsonBytes(Buffer.from('{"é":1,}'), null)).toMatchObject({
      refused: "json-invalid",
      detail: "The body is not JSON at byte 8.",
    });
  });

  test("an empty body is told apart from a malformed one", () => {
    expect(parseJsonBytes(new Uint8Array(), null)).toMatchObject({
      detail: expect.stringContaining("empty") as string,
    });
    expect(parseJsonBytes(Buffer.from('{"a":'), null)).toMatchObject({
      detail: "The body ends too early at byte 5.",
    });
  });

  test("F18 __proto__ stays a member and changes no prototype", () => {
    const parsed = parseJsonBytes(Buffer.from('{"__proto__":{"isAdmin":true},"input":1}'), "input");
    if (isRefusal(parsed)) throw new Error(parsed.detail);
    expect(Object.hasOwn(parsed.value as object, "__proto__")).toBe(true);
    expect(({} as Record<string, unknown>)["isAdmin"]).toBeUndefined();
    expect(parsed.opaque).toBe("1");
  });
});
