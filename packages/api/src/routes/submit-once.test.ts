import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { StoreUnavailable } from "@ringback/core";
import { createHouse } from "../testing/house.ts";
import { problemOf, submit } from "../testing/submitting.ts";

describe("Idempotency-Key", () => {
  test("F2 the same key and body answers as the first time, with the job as it is now", async () => {
    const house = createHouse();
    const first = await submit(house, { kind: "echo" }, { "idempotency-key": '"once"' });
    const { id } = (await first.json()) as { id: string };
    house.store.changeJob(id, { status: "running" });
    const again = await submit(house, { kind: "echo" }, { "idempotency-key": "once" });
    expect(again.status).toBe(202);
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(first.headers.get("idempotency-replayed")).toBeNull();
    expect(again.headers.get("location")).toBe(first.headers.get("location"));
    expect(await again.json()).toMatchObject({ id, status: "running" });
    expect(again.headers.get("etag")).toBe('"2"');
  });

  test("F6 another body under the same key is refused with what the first one's hash begins with", async () => {
    const house = createHouse();
    await submit(house, { kind: "echo" }, { "idempotency-key": "once" });
    const problem = await problemOf(
      await submit(house, { kind: "echo", input: 1 }, { "idempotency-key": "once" }),
    );
    expect(problem).toMatchObject({ code: "idempotency-key-reused", status: 422 });
    const expected = createHash("sha256").update('POST /v1/jobs\n{"kind":"echo"}').digest("hex");
    expect(problem.detail).toContain(expected.slice(0, 12));
  });

  test("F2 what was accepted once is answered again, although the same request would be refused today", async () => {
    const house = createHouse();
    const body = { kind: "outward", callback: { url: "https://a.example" } };
    const first = await submit(house, body, { "idempotency-key": "once" });
    house.admission.problem = "may no longer be called";
    expect((await submit(house, body)).status).toBe(422);
    const { asked } = house.admission;
    const again = await submit(house, body, { "idempotency-key": "once" });
    expect([again.status, again.headers.get("idempotency-replayed")]).toEqual([202, "true"]);
    expect(((await again.json()) as { id: string }).id).toBe(((await first.json()) as { id: string }).id);
    expect(house.admission.asked).toBe(asked);
  });

  test.each(["{}", '{"kind":"echo","nonsense":1}', '{"kind":', "[]", ""])(
    "F6 another body under the same key is refused as such, also when it is not even valid: %j",
    async (raw) => {
      const house = createHouse();
      const headers = { "idempotency-key": "once", "content-type": "application/json" };
      await submit(house, { kind: "echo" }, headers);
      const response = await house.ask("POST", "/v1/jobs", { raw, headers });
      expect(await problemOf(response)).toMatchObject({ code: "idempotency-key-reused", status: 422 });
    },
  );

  test("F5 two at the same time, neither of which finds the other, are settled by the store", async () => {
    const house = createHouse();
    house.store.showsKeys = false;
    const first = await submit(house, { kind: "echo" }, { "idempotency-key": "once" });
    const second = await submit(house, { kind: "echo" }, { "idempotency-key": "once" });
    const other = await submit(house, { kind: "echo", input: 1 }, { "idempotency-key": "once" });
    expect(second.headers.get("location")).toBe(first.headers.get("location"));
    expect(second.headers.get("idempotency-replayed")).toBe("true");
    expect(await problemOf(other)).toMatchObject({ code: "idempotency-key-reused" });
    expect(house.store.jobs.size).toBe(1);
  });

  test("F7 a key whose time is over is free again, and another tenant's key always was", async () => {
    const house = createHouse({ idempotencyTtlMs: 1_000 });
    const headers = { "idempotency-key": "once" };
    await submit(house, { kind: "echo" }, headers);
    const key = house.makeKey("theirs", "jobs");
    const foreign = await house.ask("POST", "/v1/jobs", { key, body: { kind: "echo", input: 1 }, headers });
    expect([foreign.status, foreign.headers.get("idempotency-replayed")]).toEqual([202, null]);
    house.clock.advance(1_000);
    const late = await submit(house, { kind: "echo", input: 2 }, headers);
    expect([late.status, late.headers.get("idempotency-replayed")]).toEqual([202, null]);
    expect(house.store.jobs.size).toBe(3);
  });

  test("a key is looked up once, and without one nothing is", async () => {
    const house = createHouse();
    await submit(house, { kind: "echo" });
    expect(house.store.keyReads).toBe(0);
    await submit(house, { kind: "echo" }, { "idempotency-key": "once" });
    expect(house.store.keyReads).toBe(1);
  });

  test("a store that cannot look a key up is a 503, and no job is made", async () => {
    const house = createHouse();
    await submit(house, { kind: "echo" }, { "idempotency-key": "before" });
    house.store.fault = new StoreUnavailable("busy", "locked");
    const response = await submit(house, { kind: "echo" }, { "idempotency-key": "once" });
    expect(await problemOf(response)).toMatchObject({ code: "store-unavailable", status: 503 });
    expect(house.store.jobs.size).toBe(1);
  });

  test("the header sent twice is refused", async () => {
    const house = createHouse();
    const key = house.makeKey("mine", "jobs");
    const headers = new Headers({ authorization: `Bearer ${key}`, "content-type": "application/json" });
    for (const value of ["one", "two"]) headers.append("idempotency-key", value);
    const response = await house.app.request("/v1/jobs", {
      method: "POST",
      headers,
      body: '{"kind":"echo"}',
    });
    expect(await problemOf(response)).toMatchObject({ code: "idempotency-key-invalid", status: 400 });
    expect(house.store.jobs.size).toBe(0);
  });

  test("a key that cannot be used is refused before anything is read", async () => {
    const problem = await problemOf(
      await submit(createHouse(), { kind: "echo" }, { "idempotency-key": "x".repeat(256) }),
    );
    expect(problem).toMatchObject({ code: "idempotency-key-invalid", status: 400 });
  });
});
