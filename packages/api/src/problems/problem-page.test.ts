import { describe, expect, test } from "vitest";
import { catalogue, isProblemCode, type ProblemCode } from "./catalogue.ts";
import { problemIndexPage, problemPage } from "./problem-page.ts";

const codes = Object.keys(catalogue) as ProblemCode[];

describe("problem pages", () => {
  test.each(codes)("%s has a page with meaning, causes and what to do", (code) => {
    const { meaning, causes, fix } = catalogue[code];
    for (const sentence of [meaning, fix, ...causes]) expect(sentence).toMatch(/^\S.*\.$/);
    const page = problemPage(code);
    expect(page).toContain(`<code>${code}</code>`);
    expect(page).toContain("What to do");
    expect(page).not.toContain("<script");
    expect(problemIndexPage()).toContain(`href="/problems/${code}"`);
  });

  test("the list of codes is closed", () => {
    for (const text of ["", "nonsense", "__proto__", "constructor", "toString"])
      expect(isProblemCode(text)).toBe(false);
    for (const code of codes) expect(code).toMatch(/^[a-z]+(?:-[a-z]+)*$/);
  });
});
