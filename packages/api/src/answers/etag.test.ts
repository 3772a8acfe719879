import { describe, expect, test } from "vitest";
import { isUnchanged } from "./etag.ts";

describe("isUnchanged", () => {
  test.each(['"3"', 'W/"3"', '"1", "3"', '"1",W/"3"', "*", ' "3" '])("%s names version 3", (header) => {
    expect(isUnchanged(header, '"3"')).toBe(true);
  });

  test.each([undefined, "", '"2"', "3", '"33"', 'W/"2", "4"'])("%s does not", (header) => {
    expect(isUnchanged(header, '"3"')).toBe(false);
  });
});
