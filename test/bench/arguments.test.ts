import { describe, expect, test } from "vitest";
import { readArguments } from "./arguments.ts";

const known = ["a", "b", "c"];

describe("the command line", () => {
  test("without anything means every figure in both modes, in full", () => {
    expect(readArguments([], known)).toEqual({
      kind: "run",
      asked: { letters: known, modes: ["embedded", "scale-out"], isQuick: false },
    });
  });

  test("chooses figures, in the figures' own order and each once, modes and small counts", () => {
    expect(readArguments(["c", "a", "c", "--mode", "embedded", "--quick"], known)).toEqual({
      kind: "run",
      asked: { letters: ["a", "c"], modes: ["embedded"], isQuick: true },
    });
    expect(readArguments(["--mode=scale-out", "b"], known)).toMatchObject({
      asked: { letters: ["b"], modes: ["scale-out"] },
    });
  });

  test.each([
    [["z"], '"z" is not a figure; there are a, b, c.'],
    [["--mode", "cloud"], '"cloud" is not a mode; there are embedded and scale-out.'],
    [["--fast"], "Unknown option '--fast'. There are --mode, --quick and --help."],
    [["--mode"], "Option '--mode <value>' argument missing. There are --mode, --quick and --help."],
  ])("%j is refused with what there is instead", (args, problem) => {
    expect(readArguments(args, known)).toEqual({ kind: "refused", problem });
  });

  test("asks for help", () => {
    expect(readArguments(["--help"], known)).toEqual({ kind: "help" });
    expect(readArguments(["-h", "a"], known)).toEqual({ kind: "help" });
  });
});
