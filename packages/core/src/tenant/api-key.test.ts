import { crc32 } from "node:zlib";
import { describe, expect, test } from "vitest";
import { seededRandom } from "../testing/seeded-random.ts";
import { makeApiKey, parseApiKey } from "./api-key.ts";

describe("API keys", () => {
  test("carry a checksum that finds every mistyped character of the secret", () => {
    const key = makeApiKey(seededRandom(1));
    expect(parseApiKey(key)?.checksumHolds).toBe(true);
    for (let at = 21; at < key.length; at += 1) {
      const typo = key.slice(0, at) + (key[at] === "x" ? "y" : "x") + key.slice(at + 1);
      expect(parseApiKey(typo)?.checksumHolds, typo).toBe(false);
    }
  });

  test("use zlib's CRC32 of the secret, in base62", () => {
    const key = makeApiKey(seededRandom(2));
    const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    const value = [...key.slice(-6)].reduce((sum, digit) => sum * 62 + digits.indexOf(digit), 0);
    expect(value).toBe(crc32(key.slice(21, 53)));
  });

  test("are looked up by their 12 id characters", () => {
    const key = makeApiKey(seededRandom(3));
    expect(parseApiKey(key)?.lookup).toBe(key.slice(8, 20));
  });

  test("of another form are no keys", () => {
    for (const text of [
      "",
      "rb_live_",
      "rb_test_aaaaaaaaaaaa_".padEnd(59, "b"),
      `${makeApiKey(seededRandom(4))} `,
    ]) {
      expect(parseApiKey(text), text).toBeNull();
    }
  });
});
