import { describe, expect, test } from "vitest";
import { pagesOf, slowestPage } from "./pages.ts";

/** A list of which the first page is empty, as one of a filter that finds nothing on its way may be. */
function listOf(pages: readonly (readonly number[])[]) {
  const asked: string[] = [];
  const get = async <Shape>(path: string): Promise<Shape> => {
    asked.push(path);
    const at = Number(/cursor=(\d+)$/.exec(path)?.[1] ?? 0);
    return { data: pages[at] ?? [], nextCursor: at + 1 < pages.length ? String(at + 1) : null } as Shape;
  };
  return { api: { get }, asked };
}

describe("the pages of a list", () => {
  test("are gone through to the end, beyond one that is empty", async () => {
    const { api, asked } = listOf([[], [1, 2], []]);
    const found: number[] = [];
    for await (const page of pagesOf(api, "/list?host=a")) found.push(page.found);
    expect(found).toEqual([0, 2, 0]);
    expect(asked).toEqual(["/list?host=a", "/list?host=a&cursor=1", "/list?host=a&cursor=2"]);
  });

  test("without a query begin one with the cursor", async () => {
    const { api, asked } = listOf([[1], [2]]);
    await slowestPage(api, "/list", 2);
    expect(asked.at(-1)).toBe("/list?cursor=1");
  });

  test("that are all empty were not worth measuring, which is said", async () => {
    const { api } = listOf([[], [], [1]]);
    await expect(slowestPage(api, "/list", 2)).rejects.toThrow("there is nothing on 2 pages of /list");
    expect(await slowestPage(api, "/list", 3)).toBeGreaterThanOrEqual(0);
  });
});
