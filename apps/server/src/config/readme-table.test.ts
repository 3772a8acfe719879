import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Setting } from "./setting.ts";
import { settings } from "./settings.ts";

const readme = readFileSync(new URL("../../../../README.md", import.meta.url), "utf8");

/** The table as the README must have it. */
function table(): string[][] {
  const rows = Object.entries<Setting<unknown>>(settings).map(
    ([name, { unit, fallback, bounds, meaning }]) => [
      `\`${name}\``,
      unit,
      fallback === "" ? "" : `\`${fallback}\``,
      bounds,
      meaning,
    ],
  );
  return [["setting", "unit", "default", "bounds", "meaning"], ...rows];
}

test("the README's table of settings is that of the code", () => {
  const written = /<!-- settings -->\n([\s\S]*?)<!-- \/settings -->/.exec(readme)?.[1] ?? "";
  const cells = written
    .split("\n")
    .filter((line) => line.startsWith("|") && !/^\|[\s|:-]+\|$/.test(line))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  expect(cells).toEqual(table());
});
