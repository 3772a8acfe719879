import { describe, expect, test } from "vitest";
import { createHouse, type House } from "../testing/house.ts";
import { aResult } from "../testing/rows.ts";
import { problemOf, type ProblemBody } from "../testing/submitting.ts";

interface Item {
  readonly index: number;
  readonly job?: { readonly id: string; readonly status: string };
  readonly problem?: ProblemBody;
}

const path = "/v1/jobs/batch";

function send(house: House, body: object, query = "", headers = {}): Promise<Response> {
  return house.ask("POST", `${path}${query}`, { body, headers });
}

async function itemsOf(response: Response): Promise<readonly Item[]> {
  expect(response.status).toBe(202);
  return ((await response.json()) as { jobs: readonly Item[] }).jobs;
}

describe("POST /v1/jobs/batch", () => {
  test("accepts what can be accepted and says of every other job what is wrong with it", async () => {
    const house = createHouse();
    const response = await send(house, {
      jobs: [
        { kind: "echo", input: 1 },
        { kind: "nowhere" },
        7,
        { kind: "strict", input: {} },
        { kind: "echo" },
      ],
    });
    const items = await itemsOf(response);
    expect(items.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4]);
    expect(items.map(({ job, problem }) => job?.status ?? problem?.code)).toEqual([
      "queued",
      "unknown-kind",
      "invalid-request",
      "input-invalid",
      "queued",
    ]);
    expect(items[3]?.problem).toMatchObject({
      status: 422,
      type: "/problems/input-invalid",
      requestId: response.headers.get("x-request-id"),
      errors: [{ path: "/input/deep/n" }],
    });
    expect(house.store.accepted.map(({ job }) => job.id)).toEqual([items[0]?.job?.id, items[4]?.job?.id]);
  });

  test("F17 every input stays the bytes that came", async () => {
    const house = createHouse();
    const inputs = [
      '{ "b":12345678901234567890, "a":1.10,"a":"]},\\"[{" }',
      "[ 1,\n[2 ,{}]]",
      '"\\\\"',
      "null",
    ];
    const raw = `{"jobs": [ ${inputs.map((input) => `{"input":${input} ,"kind":"echo"}`).join(" , ")} ] }`;
    const response = await house.ask("POST", path, { raw, headers: { "content-type": "application/json" } });
    await itemsOf(response);
    expect(house.store.accepted.map(({ job }) => job.input)).toEqual(inputs);
  });

  test("with atomic=true all are accepted, in one step, or none is and everything wrong is listed", async () => {
    const house = createHouse();
    const good = { kind: "echo" };
    const refused = await problemOf(
      await send(house, { jobs: [good, { kind: "strict", input: {} }, { kind: "x" }] }, "?atomic=true"),
    );
    expect(refused).toMatchObject({
      status: 422,
      code: "batch-refused",
      errors: [{ path: "/jobs/1/input/deep/n" }, { path: "/jobs/2/kind" }],
    });
    // What only the store can know is told in the same way.
    const callback = { endpointId: "ep_01kat5vqt8fkz9m0w4r1x2y3z4" };
    const unknown = await problemOf(
      await send(house, { jobs: [good, { kind: "echo", callback }, good] }, "?atomic=true"),
    );
    expect(unknown.errors).toMatchObject([{ path: "/jobs/1/callback/endpointId" }]);
    expect(house.store.accepted).toEqual([]);
    expect(await itemsOf(await send(house, { jobs: [good, good] }, "?atomic=true"))).toHaveLength(2);
    expect(house.store.accepted).toHaveLength(2);
  });

  test("F2 a batch that is sent again under its Idempotency-Key makes no job twice", async () => {
    const house = createHouse();
    const body = { jobs: [{ kind: "echo", input: 1 }, { kind: "nowhere" }, { kind: "echo", input: 2 }] };
    const headers = { "idempotency-key": "once" };
    const first = await itemsOf(await send(house, body, "", headers));
    const again = await send(house, body, "", headers);
    const items = await itemsOf(again);
    expect(items.map(({ job }) => job?.id)).toEqual(first.map(({ job }) => job?.id));
    expect(house.store.accepted).toHaveLength(2);
    const other = await itemsOf(await send(house, { jobs: [{ kind: "echo" }] }, "", headers));
    expect(other[0]?.problem?.code).toBe("idempotency-key-reused");
    // The key of a batch is none of a single job.
    expect((await house.ask("POST", "/v1/jobs", { body: { kind: "echo" }, headers })).status).toBe(202);
    const whole = { jobs: [{ kind: "echo", input: 3 }] };
    const key = { "idempotency-key": "whole" };
    const one = await itemsOf(await send(house, whole, "", key));
    expect((await send(house, whole, "", key)).headers.get("idempotency-replayed")).toBe("true");
    house.store.changeJob(one[0]?.job?.id ?? "", { ...aResult("1"), expiresAt: house.clock.now() });
    const expired = await itemsOf(await send(house, whole, "?atomic=true", key));
    expect(expired[0]?.problem).toMatchObject({ code: "job-expired", status: 410 });
  });

  test.each([
    [{}, "/jobs"],
    [{ jobs: {} }, "/jobs"],
    [{ jobs: [] }, "/jobs"],
    [{ jobs: Array.from({ length: 6 }, () => ({ kind: "echo" })) }, "/jobs"],
  ])("%j is no batch", async (body, where) => {
    const problem = await problemOf(await send(createHouse({ batchJobsMax: 5 }), body));
    expect(problem).toMatchObject({ status: 422, code: "invalid-request", errors: [{ path: where }] });
  });

  test("unknown fields, other values of atomic, names that stand twice and large bodies are refused", async () => {
    const house = createHouse({ batchBytesMax: 200 });
    const good = { kind: "echo" };
    expect((await send(house, { jobs: [good], atomic: true })).status).toBe(400);
    expect((await send(house, { jobs: [good] }, "?atomic=yes")).status).toBe(400);
    const raw = '{"jobs":[{"kind":"echo","kind":"echo"},{"kind":"echo"}]}';
    const headers = { "content-type": "application/json" };
    const items = await itemsOf(await house.ask("POST", path, { raw, headers }));
    expect(items.map(({ problem }) => problem?.code)).toEqual(["json-member-twice", undefined]);
    const large = await send(house, { jobs: [{ kind: "echo", input: "x".repeat(200) }] });
    expect((await problemOf(large)).code).toBe("body-too-large");
  });
});
