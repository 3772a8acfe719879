import { describe, expect, test } from "vitest";
import { defineJob, type StandardSchema } from "./definition.ts";
import { createKinds, definitionProblems } from "./kinds.ts";

const numbers: StandardSchema<unknown, { n: number }> = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate(value) {
      const n = (value as { n?: unknown } | null)?.n;
      if (typeof n === "number") return { value: { n } };
      return { issues: [{ message: "must be a number", path: ["list", 0, { key: "a/b~c" }] }] };
    },
  },
};
const run = (): null => null;

describe("kinds", () => {
  test("are found by name, with their limits or the defaults", () => {
    const kinds = createKinds([
      defineJob({ kind: "b", run, maxRuns: 3, runTimeoutMs: 50, maxRunning: 2 }),
      defineJob({ kind: "a", run }),
    ]);
    expect(kinds.names).toEqual(["a", "b"]);
    expect(kinds.get("b")).toMatchObject({ name: "b", maxRuns: 3, runTimeoutMs: 50, maxRunning: 2 });
    expect(kinds.get("a")).toMatchObject({ maxRuns: 1, runTimeoutMs: 900_000, maxRunning: null });
    expect(kinds.get("toString")).toBeUndefined();
  });

  test("that are wrong are told with everything that is wrong", () => {
    expect(definitionProblems(null, "x.ts, 1")).toEqual([
      "x.ts, 1 is not an object; make it with defineJob({kind, input, run})",
    ]);
    const wrong = {
      kind: "a b",
      run: 1,
      maxRuns: 0,
      maxRunning: 0,
      runTimeoutMs: 1.5,
      input: {},
      admit: true,
    };
    const told = definitionProblems(wrong, "x.ts, 2").join("\n");
    for (const name of ["kind", "run", "maxRuns", "maxRunning", "runTimeoutMs", "input", "admit"])
      expect(told).toContain(`x.ts, 2: ${name} must`);
    expect(definitionProblems(defineJob({ kind: "a", run }), "")).toEqual([]);
    expect(() => createKinds([defineJob({ kind: "a", run }), defineJob({ kind: "a", run })])).toThrow(
      /"a" is defined twice/,
    );
  });

  test("ask the world outside at intake only, and only about input that fits the schema", async () => {
    const asked: unknown[] = [];
    const admit = async (input: unknown): Promise<{ message: string; path: string[] }[]> => {
      asked.push(input);
      return [{ message: "may not be called", path: ["url"] }];
    };
    const kind = createKinds([defineJob({ kind: "a", input: numbers, admit, run })]).get("a");
    expect(await kind?.checkInput({ n: 1 })).toEqual({ ok: true, value: { n: 1 } });
    expect((await kind?.admitInput(null))?.ok).toBe(false);
    expect(asked).toEqual([]);
    expect(await kind?.admitInput({ n: 1 })).toEqual({
      ok: false,
      problems: [{ path: "/url", message: "may not be called" }],
    });
    expect(asked).toEqual([{ n: 1 }]);
  });

  test("check their input by their schema and name every place as a JSON pointer", async () => {
    const kind = createKinds([defineJob({ kind: "a", input: numbers, run })]).get("a");
    expect(await kind?.checkInput({ n: 1, more: 2 })).toEqual({ ok: true, value: { n: 1 } });
    expect(await kind?.checkInput(null)).toEqual({
      ok: false,
      problems: [{ path: "/list/0/a~1b~0c", message: "must be a number" }],
    });
  });

  test("whose schema throws refuse the input instead of failing", async () => {
    const broken = {
      "~standard": {
        ...numbers["~standard"],
        validate: () => {
          throw new Error("broken schema");
        },
      },
    };
    const kind = createKinds([defineJob({ kind: "a", input: broken, run })]).get("a");
    expect(await kind?.checkInput(1)).toEqual({
      ok: false,
      problems: [{ path: "", message: "broken schema" }],
    });
  });
});
