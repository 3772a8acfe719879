import { expect, it } from "vitest";
import { jobEventTypes } from "./event.ts";
import { ownEventTypeProblem } from "./own-event.ts";

it.each([
  "invoice.paid",
  "paid",
  "a.b.c.d",
  "report_v2.ready-2",
  "jobs.done",
  "my.job.done",
  "x".repeat(100),
])("an operator may tell %s", (type) => {
  expect(ownEventTypeProblem(type)).toBeNull();
});

it.each([...jobEventTypes, "job", "job.anything", "endpoint.test", "endpoint", "delivery.dead"])(
  "only Ringback tells %s",
  (type) => {
    expect(ownEventTypeProblem(type)).toContain("Ringback itself");
  },
);

it.each(["", ".", "a.", ".a", "a..b", "A.b", "a b", "a*", "job.*", "ä", "a\n", "a/b", "x".repeat(101)])(
  "%j is no type",
  (type) => {
    expect(ownEventTypeProblem(type)).not.toBeNull();
  },
);
