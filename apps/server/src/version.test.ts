import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { version } from "./version.ts";

test("the version is package.json's", () => {
  const text = readFileSync(new URL("../../../package.json", import.meta.url), "utf8");
  expect((JSON.parse(text) as { readonly version: string }).version).toBe(version);
});
