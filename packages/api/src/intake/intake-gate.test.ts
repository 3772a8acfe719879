import { describe, expect, test } from "vitest";
import { createHouse } from "../testing/house.ts";
import { ids } from "../testing/rows.ts";
import { problemOf } from "../testing/submitting.ts";
import { createCounters } from "./counters.ts";
import { createIntakeGate } from "./intake-gate.ts";

describe("the gate before the store", () => {
  test("F23 lets in as many as it may at once, refuses the rest without asking, and lets in again as they end", async () => {
    const counters = createCounters();
    const gate = createIntakeGate({ inFlightMax: 2, counters });
    const store = Promise.withResolvers<void>();
    let asked = 0;
    const accept = async (): Promise<{ readonly job: number }> => {
      asked += 1;
      await store.promise;
      return { job: asked };
    };
    const first = [gate.pass(accept), gate.pass(accept)];
    expect(await gate.pass(accept)).toMatchObject({ refused: "overloaded", headers: { "retry-after": "1" } });
    expect([asked, counters.intakeShed]).toEqual([2, 1]);
    store.resolve();
    expect(await Promise.all(first)).toEqual([{ job: 2 }, { job: 2 }]);
    expect(await gate.pass(accept)).toEqual({ job: 3 });
  });

  test("F23 a place is free again when the store fails", async () => {
    const gate = createIntakeGate({ inFlightMax: 1, counters: createCounters() });
    await expect(gate.pass(() => Promise.reject(new Error("down")))).rejects.toThrow("down");
    expect(await gate.pass(async () => ({ job: 1 }))).toEqual({ job: 1 });
  });

  test("F23 a batch takes a place for each of its jobs, and one that is larger than all places passes alone", async () => {
    const gate = createIntakeGate({ inFlightMax: 3, counters: createCounters() });
    const store = Promise.withResolvers<{ readonly jobs: number }>();
    const [batch, single] = [gate.pass(() => store.promise, 2), gate.pass(() => store.promise)];
    expect(await gate.pass(() => store.promise)).toMatchObject({ refused: "overloaded" });
    store.resolve({ jobs: 1 });
    await Promise.all([batch, single]);
    const large = gate.pass(() => store.promise, 500);
    expect(await gate.pass(() => store.promise)).toMatchObject({ refused: "overloaded" });
    expect(await large).toEqual({ jobs: 1 });
  });

  test.each([
    ["POST", "/v1/jobs", { kind: "echo" }],
    ["PUT", `/v1/jobs/${ids.uuid}`, { kind: "echo" }],
    ["POST", "/v1/jobs/batch", { jobs: [{ kind: "echo" }] }],
    ["POST", "/v1/events", { type: "invoice.paid", data: 1 }],
  ])(
    "F23 stands before %s %s: what is refused is a 503 with Retry-After, and nothing is accepted",
    async (...asked) => {
      const [method, path, body] = asked;
      const house = createHouse({ intakeInFlightMax: 0 });
      const response = await house.ask(method, path, { body });
      expect(response.headers.get("retry-after")).toBe("1");
      expect(await problemOf(response)).toMatchObject({ code: "overloaded", status: 503 });
      const { jobs, events } = house.store;
      expect([jobs.size, events.length, house.counters.intakeShed]).toEqual([0, 0, 1]);
    },
  );
});
