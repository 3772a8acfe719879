import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { loadHandlers } from "./load-handlers.ts";

describe("handlers modules", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "ringback-handlers-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function write(name: string, text: string): string {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  }

  test("are lists of definitions, in JavaScript or TypeScript", async () => {
    const plain = write("plain.mjs", 'export default [{ kind: "a", run: () => 1 }];');
    const typed = write(
      "typed.ts",
      'const kind: string = "b"; export default [{ kind, run: (): number => 2 }];',
    );
    const { definitions, problems } = await loadHandlers([plain, typed]);
    expect(problems).toEqual([]);
    expect(definitions.map(({ kind }) => kind)).toEqual(["a", "b"]);
  });

  test("that are wrong are told by path and place, all at once", async () => {
    const paths = [
      write("none.mjs", "export const jobs = [];"),
      write("syntax.mjs", "export default ["),
      write("wrong.mjs", 'export default [{ kind: "a", run: () => 1 }, { kind: "b c", run: 1 }];'),
      write("twice.mjs", 'export default [{ kind: "a", run: () => 1 }];'),
      join(folder, "missing.mjs"),
    ];
    const { problems } = await loadHandlers(paths);
    expect(problems.join("\n").replaceAll(folder, "")).toMatch(
      new RegExp(
        [
          "^RINGBACK_HANDLERS: /none\\.mjs must export a list.*",
          "RINGBACK_HANDLERS: /syntax\\.mjs could not be loaded: .*",
          "RINGBACK_HANDLERS: /wrong\\.mjs, definition 2: kind must be .*",
          "RINGBACK_HANDLERS: /wrong\\.mjs, definition 2: run must be a function",
          'RINGBACK_HANDLERS: /twice\\.mjs defines the kind "a" a second time',
          "RINGBACK_HANDLERS: /missing\\.mjs could not be loaded: .*$",
        ].join("\n"),
        "s",
      ),
    );
  });
});
