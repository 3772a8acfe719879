import { describe, expect, test } from "vitest";
import { chart } from "./chart.ts";
import { results, run } from "./planted-results.ts";

const picture = chart(run);

/** The attributes of every element of that name. */
function elements(svg: string, name: string): Record<string, string>[] {
  return [...svg.matchAll(new RegExp(`<${name}((?: [\\w-]+="[^"]*")*)`, "g"))].map(([, attributes = ""]) =>
    Object.fromEntries(
      [...attributes.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, key = "", value = ""]) => [key, value]),
    ),
  );
}

const barsOf = (svg: string) =>
  elements(svg, "rect").filter(({ height, fill }) => height === "14" && fill !== "#eef1f4");

describe("the chart", () => {
  test("is well-formed: every tag is closed and text is escaped", () => {
    const open: string[] = [];
    for (const [tag, slash, name = ""] of picture.matchAll(/<(\/?)([a-z]+)[^>]*>/g)) {
      if (slash === "/") expect(open.pop()).toBe(name);
      else if (!tag.endsWith("/>")) open.push(name);
    }
    expect(open).toEqual([]);
    expect(picture).toContain("the same route &lt;without&gt; a store");
    expect(picture).toContain("A &amp; B");
  });

  test("has a bar for each measured line and mode, and says where one is missing", () => {
    expect(barsOf(picture)).toHaveLength(results.length - 1);
    expect(picture.match(/not measured/g)).toHaveLength(1);
  });

  test("draws bar and aim to one scale", () => {
    const [bar] = barsOf(picture);
    const aim = elements(picture, "line").find(
      ({ y1, stroke }) => stroke === "#b3261e" && y1 === String(Number(bar?.["y"]) - 2),
    );
    const left = Number(bar?.["x"]);
    expect(Number(bar?.["width"]) / (Number(aim?.["x1"]) - left)).toBeCloseTo(0.8123 / 0.85, 2);
  });

  test("keeps every bar and mark inside its track", () => {
    const track = elements(picture, "rect").find(({ fill }) => fill === "#eef1f4");
    const right = Number(track?.["x"]) + Number(track?.["width"]);
    for (const { x, width } of barsOf(picture)) expect(Number(x) + Number(width)).toBeLessThanOrEqual(right);
    for (const { x2 } of elements(picture, "line")) expect(Number(x2)).toBeLessThanOrEqual(right);
  });

  test("says in words what was met and what was missed", () => {
    expect(picture).toContain("aim ≥ 0.85 ✗ missed");
    expect(picture).toContain("aim &lt; 50 ms ✓ met");
    expect(picture).toContain("1 of 3 aims met.");
  });

  test("is drawn also when nothing could be measured", () => {
    const problem = { problem: "no" };
    const empty = chart({ ...run, results: results.map((result) => ({ ...result, outcome: problem })) });
    expect(empty).not.toMatch(/NaN|Infinity/);
    expect(barsOf(empty)).toEqual([]);
  });
});
