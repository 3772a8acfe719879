import { describe, expect, test } from "vitest";
import { preferencesOf } from "./prefer.ts";

describe("Prefer", () => {
  test.each([
    [undefined, null, false],
    ["", null, false],
    ["wait=10", 10, false],
    ["respond-async, wait=10", 10, true],
    ["Respond-Async; foo=bar , WAIT = 7;x", 7, true],
    ['wait="9"', 9, false],
    ["wait=5, wait=6", 5, false],
    ['note="a, wait=3", wait=4', 4, false],
    ["wait=61", 60, false],
    ["wait=999999999", 60, false],
    ["wait=0", null, false],
    ["wait", null, false],
    ["wait=1.5", null, false],
    ["wait=-1", null, false],
    ["wait=soon", null, false],
    [',,=;"', null, false],
  ] as const)("%j waits %j, respond-async %j", (header, waitSeconds, respondAsync) => {
    expect(preferencesOf(header)).toEqual({ waitSeconds, respondAsync });
  });
});
