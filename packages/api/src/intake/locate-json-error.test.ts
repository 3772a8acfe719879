import { describe, expect, test } from "vitest";
import { locateJsonError } from "./locate-json-error.ts";

describe("locateJsonError", () => {
  test.each([
    ["{a:1}", 1],
    ['{"a":1,}', 7],
    ["[1 2]", 3],
    ['{"a" 1}', 5],
    ["tru", 0],
    ["01", 1],
    ["'x'", 0],
    ['"a\nb"', 2],
    ['"\\x"', 1],
    ["{} {}", 3],
    ["[1,2", 4],
    ['{"a":"b', 7],
    ["", 0],
    ["\ufeff{}", 0],
    ["NaN", 0],
  ])("names the first character that cannot stand there: %j", (text, at) => {
    expect(() => JSON.parse(text) as unknown).toThrow(SyntaxError);
    expect(locateJsonError(text)).toBe(at);
  });

  test("reads what JSON.parse reads to its end", () => {
    for (const text of ['{"a":[1,-2.5e+3,"\\u0041",true,null,{}]}', " [ ] ", '"x"', "0"]) {
      JSON.parse(text);
      expect(locateJsonError(text)).toBe(text.length);
    }
  });
});
