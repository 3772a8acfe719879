import { describe, expect, test } from "vitest";
import { isRefusal } from "../problems/refusal.ts";
import { metadataProblem } from "./metadata-problem.ts";
import { parseJsonBytes } from "./parse-json-body.ts";

function pathsOf(text: string): readonly string[] {
  const body = parseJsonBytes(Buffer.from(text), null);
  if (isRefusal(body)) throw new Error(body.detail);
  return metadataProblem(body)?.errors?.map(({ path }) => path) ?? [];
}

describe("metadataProblem", () => {
  test.each([
    "12345678901234567890",
    "9007199254740992",
    "-9007199254740993",
    "0.1000000000000000055511151231257827",
    "1e300",
    "1e400",
    "1e-400",
  ])("F17 refuses %s, which would not come back as the number that was sent", (number) => {
    expect(pathsOf(`{"metadata":{"n":${number}}}`)).toEqual(["/metadata/n"]);
  });

  test.each([
    "0",
    "-1",
    "1.1",
    "0.1",
    "9007199254740991",
    "-9007199254740991",
    "1e-7",
    "1.5e-9",
    "1.0",
    "1.10",
    "1e3",
    "-0",
    "0.0",
    "10E-1",
    "120",
  ])("lets %s pass", (number) => {
    expect(pathsOf(`{"metadata":{"n":${number}}}`)).toEqual([]);
  });

  test("names every number that is wrong, by its pointer, and looks at nothing but metadata", () => {
    const text =
      '{"input":1e400,"metadata":{"a~b":1e400,"c":"1e400","d/e":1e400,"f":null,"g":true},"other":{"metadata":1e400}}';
    expect(pathsOf(text)).toEqual(["/metadata/a~0b", "/metadata/d~1e"]);
    expect(pathsOf('{"m\\u0065tadata":{"a":1e400}}')).toEqual(["/metadata/a"]);
    expect(pathsOf('{"a":1e400}')).toEqual([]);
  });
});
