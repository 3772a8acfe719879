import { describe, expect, test } from "vitest";
import { createHouse, type House } from "../testing/house.ts";
import { aJob, aResult, ids } from "../testing/rows.ts";
import { problemOf } from "../testing/submitting.ts";

const uuid = "0191d1ab-7c3f-7000-8000-0000000000a1";

function put(house: House, id: string, body: object): Promise<Response> {
  return house.ask("PUT", `/v1/jobs/${id}`, { body });
}

describe("PUT /v1/jobs/{id}", () => {
  test("makes the job under the client's own id, and answers as a POST does", async () => {
    const house = createHouse();
    const response = await put(house, uuid.toUpperCase(), { kind: "echo", input: { a: 1 } });
    expect(response.status).toBe(202);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      location: `/v1/jobs/${uuid}/status`,
      link: `</v1/jobs/${uuid}>; rel="self"`,
      etag: '"1"',
      "retry-after": "1",
    });
    expect(await response.json()).toMatchObject({ id: uuid, status: "queued", input: { a: 1 } });
    for (const path of [`/v1/jobs/${uuid}`, `/v1/jobs/${uuid.toUpperCase()}`]) {
      expect((await house.ask("GET", path)).status).toBe(200);
    }
  });

  test("F2 the same request again makes no other job and shows how it stands, whatever would be refused today", async () => {
    const house = createHouse();
    const body = { kind: "outward", callback: { url: "https://a.example" } };
    await put(house, uuid, body);
    house.store.changeJob(uuid, { status: "running" });
    house.admission.problem = "may no longer be called";
    const again = await put(house, uuid, body);
    expect([again.status, again.headers.get("idempotency-replayed")]).toEqual([202, "true"]);
    expect(await again.json()).toMatchObject({ id: uuid, status: "running", version: 2 });
    expect(house.store.accepted).toHaveLength(1);
  });

  test("two at the same time make one job", async () => {
    const house = createHouse();
    const answers = await Promise.all([1, 2].map(() => put(house, uuid, { kind: "echo" })));
    expect(answers.map(({ status }) => status)).toEqual([202, 202]);
    expect(house.store.accepted).toHaveLength(1);
  });

  test("F6 another body under the same id is refused, and so is the id of a job that a POST has made", async () => {
    const house = createHouse();
    await put(house, uuid, { kind: "echo", input: 1 });
    house.store.jobs.set(ids.job, aJob());
    for (const id of [uuid, ids.job]) {
      const problem = await problemOf(await put(house, id, { kind: "echo", input: 2 }));
      expect(problem).toMatchObject({ status: 422, code: "job-id-reused" });
      expect(problem.detail).toContain(id);
    }
  });

  test.each(["order-7", "evt_01kat5vqt8fkz9m0w4r1x2y3z4", `${uuid}0`, "batch"])(
    "%s cannot name a job",
    async (id) => {
      const house = createHouse();
      const problem = await problemOf(await put(house, id, { kind: "echo" }));
      expect(problem).toMatchObject({ status: 422, code: "job-id-invalid" });
      expect(house.store.accepted).toEqual([]);
    },
  );

  test("the id of a job that has expired answers 410 and makes no other one", async () => {
    const house = createHouse();
    await put(house, uuid, { kind: "echo" });
    house.store.changeJob(uuid, { ...aResult("1"), expiresAt: house.clock.now() });
    const again = await put(house, uuid, { kind: "echo" });
    expect([again.status, again.headers.get("idempotency-replayed")]).toEqual([410, "true"]);
    expect(await problemOf(again)).toMatchObject({ code: "job-expired" });
    expect(house.store.accepted).toHaveLength(1);
  });

  test("what is asked for reaches the store: deadlines, and how long the result is kept", async () => {
    const house = createHouse({ resultTtlMs: 7_000 });
    await put(house, uuid, { kind: "echo", queueTimeoutMs: 5, resultTtlMs: 60_000, runTimeoutMs: 9 });
    await put(house, ids.job, { kind: "echo" });
    const [first, second] = house.store.accepted;
    expect(first?.job).toMatchObject({ queueTimeoutMs: 5, resultTtlMs: 60_000, runTimeoutMs: 9 });
    expect(second?.job).toMatchObject({ queueTimeoutMs: null, resultTtlMs: 7_000 });
    expect(first?.ownId?.requestHash).toMatch(/^[0-9a-f]{64}$/);
  });

  test.each([
    [{ queueTimeoutMs: 0 }, "/queueTimeoutMs"],
    [{ queueTimeoutMs: 30 * 24 * 3_600_000 + 1 }, "/queueTimeoutMs"],
    [{ resultTtlMs: 999 }, "/resultTtlMs"],
    [{ resultTtlMs: 30 * 24 * 3_600_000 + 1 }, "/resultTtlMs"],
  ])("%j is out of bounds", async (fields, path) => {
    const problem = await problemOf(await put(createHouse(), uuid, { kind: "echo", ...fields }));
    expect(problem).toMatchObject({ status: 422, code: "invalid-request", errors: [{ path }] });
  });
});

describe("a kind that only another process runs", () => {
  test("is accepted with that process's defaults, and its input is checked where it runs", async () => {
    const house = createHouse();
    house.store.kindsElsewhere.push({ kind: "far", runTimeoutMs: 77, maxRuns: 4 });
    expect((await put(house, uuid, { kind: "far", input: { any: 1 } })).status).toBe(202);
    expect(house.store.accepted[0]?.job).toMatchObject({ kind: "far", runTimeoutMs: 77, maxRuns: 4 });
  });

  test("is named when another one is refused", async () => {
    const house = createHouse();
    house.store.kindsElsewhere.push({ kind: "far", runTimeoutMs: 77, maxRuns: 4 });
    const problem = await problemOf(await put(house, uuid, { kind: "nowhere" }));
    expect(problem).toMatchObject({ status: 422, code: "unknown-kind", errors: [{ path: "/kind" }] });
    expect(problem.detail).toContain("echo, far, outward, strict");
  });
});
