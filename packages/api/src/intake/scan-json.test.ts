import { describe, expect, test } from "vitest";
import { scanJson, type ScanProblem } from "./scan-json.ts";

const options = { depthMax: 64, opaque: "input" };

function problemOf(text: string): ScanProblem | null {
  const scan = scanJson(text, options);
  return scan.ok ? null : scan.problem;
}

function memberOf(text: string, name: string): string | undefined {
  const scan = scanJson(text, options);
  if (!scan.ok) throw new Error(scan.problem.detail);
  const range = scan.members.get(name);
  return range === undefined ? undefined : text.slice(range.start, range.end);
}

describe("scanJson", () => {
  test.each([
    ['{"kind":"a","input":{"b":12345678901234567890,"a":1e400}}', '{"b":12345678901234567890,"a":1e400}'],
    ['{ "input" :\n [1 , 2]\t, "kind":"a"}', "[1 , 2]"],
    ['{"input":"}],{\\"input\\":1"}', '"}],{\\"input\\":1"'],
    ['{"input":  -1.50  }', "-1.50"],
    ['{"\\u0069nput":true}', "true"],
    ['{"a":{"input":1},"input":{"input":2},"z":[{"input":3}]}', '{"input":2}'],
    ['{"input":{"a":1,"a":2}}', '{"a":1,"a":2}'],
    ['{"input":"😀"}', '"😀"'],
    ['{"input":null}', "null"],
  ])("F17 keeps a member's text exactly: %s", (text, expected) => {
    expect(memberOf(text, "input")).toBe(expected);
  });

  test("finds no member in an array, in nothing, or below the top", () => {
    expect(memberOf('[{"input":1}]', "input")).toBeUndefined();
    expect(memberOf("", "input")).toBeUndefined();
    expect(memberOf('{"a":{"input":1}}', "input")).toBeUndefined();
  });

  test.each([
    ['{"kind":"a","kind":"b"}', 12],
    ['{"kind":1,"k\\u0069nd":2}', 10],
    ['{"input":1,"input":2}', 11],
    ['{"callback":{"url":1,"url":2}}', 21],
    ['{"list":[{"a":1},{"a":1,"a":2}]}', 24],
  ])("F16 a name that stands twice outside the input is refused: %s", (text, at) => {
    expect(problemOf(text)).toMatchObject({ code: "json-member-twice", at });
  });

  test("F16 equal names in different objects are no duplicates", () => {
    expect(problemOf('{"a":{"x":1},"b":{"x":1},"c":[{"x":1},{"x":1}]}')).toBeNull();
  });

  test.each([
    ['{"input":"\\ud800"}', 10],
    ['{"input":"\\udc00\\ud800"}', 10],
    ['{"input":"\\ud83dx"}', 10],
    ['{"input":"\\ud83d\\u0041"}', 10],
    ['{"a":"\\u0000"}', 6],
    ['{"\\u0000":1}', 2],
    ['{"input":{"deep":["\\uDFFF"]}}', 19],
  ])("F14 an escape that is no Unicode text is refused, wherever it stands: %s", (text, at) => {
    expect(problemOf(text)).toMatchObject({ code: "text-invalid", at });
  });

  test("F14 whole surrogate pairs and escaped backslashes pass", () => {
    expect(problemOf('{"input":"\\ud83d\\ude00 \\\\ud800 \\\\u0000"}')).toBeNull();
  });

  test("F15 64 levels pass and 65 do not, wherever they are", () => {
    const nested = (levels: number): string => `{"input":${"[".repeat(levels - 1)}${"]".repeat(levels - 1)}}`;
    expect(problemOf(nested(64))).toBeNull();
    expect(problemOf(nested(65))).toMatchObject({ code: "json-too-deep" });
    expect(problemOf("[".repeat(100_000))).toMatchObject({ code: "json-too-deep", at: 64 });
  });

  test("brackets inside strings do not count", () => {
    expect(problemOf(`{"input":"${"[".repeat(1_000)}"}`)).toBeNull();
  });

  test("never throws on malformed text", () => {
    const pieces = ["{", "}", "[", "]", ",", ":", '"', "\\", "\\u", "1", " ", '"a"', "null", "\\ud8"];
    for (let seed = 0; seed < 20_000; seed += 1) {
      let rest = (seed * 2_654_435_761) % 4_294_967_296;
      let text = "";
      for (let length = 0; length < 9; length += 1) {
        text += pieces[rest % pieces.length] ?? "";
        rest = Math.floor(rest / pieces.length);
      }
      expect(() => scanJson(text, options)).not.toThrow();
    }
  });
});
