import { expect, test } from "vitest";
import { notAdmitted } from "./admission.ts";

const admission = { unfinishedMax: 10, backlogMax: 100 };

test.each([
  [{ unfinished: 9, unfinishedMax: null, backlog: 99 }, null],
  [
    { unfinished: 10, unfinishedMax: null, backlog: 10 },
    { kind: "over_quota", unfinishedMax: 10 },
  ],
  [{ unfinished: 10, unfinishedMax: 11, backlog: 10 }, null],
  [
    { unfinished: 3, unfinishedMax: 3, backlog: 10 },
    { kind: "over_quota", unfinishedMax: 3 },
  ],
  [
    { unfinished: 0, unfinishedMax: 0, backlog: 0 },
    { kind: "over_quota", unfinishedMax: 0 },
  ],
  [{ unfinished: 1, unfinishedMax: null, backlog: 100 }, { kind: "overloaded" }],
  [
    { unfinished: 10, unfinishedMax: null, backlog: 100 },
    { kind: "over_quota", unfinishedMax: 10 },
  ],
])("of %j it is said %j", (found, said) => {
  expect(notAdmitted(admission, found)).toEqual(said);
});
