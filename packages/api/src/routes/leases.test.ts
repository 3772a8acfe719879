import { StoreUnavailable } from "@ringback/core";
import { describe, expect, test } from "vitest";
import { createHouse, type AskOptions, type House } from "../testing/house.ts";
import { aJob, ids } from "../testing/rows.ts";

interface Leased {
  readonly token: string;
  readonly expiresAt: string;
  readonly heartbeatMs: number;
  readonly run: number;
  readonly runTimeoutMs: number;
  readonly job: { readonly id: string; readonly status: string; readonly input: unknown };
}

const other = ids.job.replace("z4", "z5");

/** A house in which the tenant "mine" has a job of the kind `echo`. */
function houseWithJob(): House {
  const house = createHouse();
  house.store.jobs.set(ids.job, aJob({ input: '{"n":12345678901234567890}' }));
  return house;
}

async function lease(house: House, body: object = {}, options: AskOptions = {}): Promise<Leased[]> {
  const response = await house.ask("POST", "/v1/leases", { body: { kinds: ["echo"], ...body }, ...options });
  expect(response.status).toBe(200);
  return ((await response.json()) as { leases: Leased[] }).leases;
}

async function leased(house: House): Promise<string> {
  const [one] = await lease(house);
  return one?.token ?? "";
}

const act = (house: House, token: string, what: string, options: AskOptions = {}): Promise<Response> =>
  house.ask("POST", `/v1/leases/${token}/${what}`, options);

/** Lets everything run that is ready to run. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise<void>((resolve) => void setImmediate(resolve));
}

async function problemOf(response: Response): Promise<unknown[]> {
  return [response.status, ((await response.json()) as { code: string }).code];
}

describe("asking for leases", () => {
  test("brings due jobs of the kinds asked for, with a token each and the input as it came", async () => {
    const house = houseWithJob();
    const response = await house.ask("POST", "/v1/leases", { body: { kinds: ["echo"] } });
    const text = await response.text();
    const { leases } = JSON.parse(text) as { leases: Leased[] };
    expect(leases).toHaveLength(1);
    expect(leases[0]).toMatchObject({
      expiresAt: new Date(house.clock.now() + 30_000).toISOString(),
      heartbeatMs: 10_000,
      run: 1,
      runTimeoutMs: 60_000,
      job: { id: ids.job, status: "running" },
    });
    expect(text).toContain('"input":{"n":12345678901234567890}');
    expect(await lease(house)).toEqual([]);
  });

  test("brings nothing of another tenant or another kind, and at most as many as asked", async () => {
    const house = houseWithJob();
    expect(await lease(house, {}, { key: house.makeKey("theirs", "jobs") })).toEqual([]);
    expect(await lease(house, { kinds: ["strict"] })).toEqual([]);
    house.store.jobs.set(other, aJob({ id: other }));
    expect(await lease(house, { max: 1 })).toHaveLength(1);
    expect(await lease(house, { max: 5 })).toHaveLength(1);
  });

  test("makes the kinds known to its tenant, and so does a heartbeat", async () => {
    const house = createHouse();
    const submit = { body: { kind: "print" } };
    expect((await house.ask("POST", "/v1/jobs", submit)).status).toBe(422);
    await lease(house, { kinds: ["print"] });
    house.clock.advance(1_000);
    const key = house.makeKey("theirs", "jobs");
    expect((await house.ask("POST", "/v1/jobs", { ...submit, key })).status).toBe(422);
    expect((await house.ask("POST", "/v1/jobs", submit)).status).toBe(202);

    const [run] = await lease(house, { kinds: ["print"] });
    house.store.kindsElsewhere = [];
    house.clock.advance(30_000);
    expect((await act(house, run?.token ?? "", "heartbeat")).status).toBe(200);
    expect(house.store.kindsElsewhere).toMatchObject([{ kind: "@mine print" }]);
  });

  test("waits until a job comes", async () => {
    const house = createHouse();
    const waiting = lease(house, { wait: 60 });
    await settled();
    house.store.jobs.set(ids.job, aJob());
    house.clock.advance(50);
    await settled();
    house.store.tell({ kind: "job", tenantId: "mine", jobId: ids.job });
    expect((await waiting).map(({ job }) => job.id)).toEqual([ids.job]);
  });

  test("ends with nothing after its time, and at once when the server drains", async () => {
    const house = createHouse();
    const first = lease(house, { wait: 10 });
    await settled();
    house.clock.advance(10_000);
    expect(await first).toEqual([]);
    const second = lease(house, { wait: 60 });
    await settled();
    house.drain();
    expect(await second).toEqual([]);
  });

  test.each([
    [{}, "invalid-request"],
    [{ kinds: [] }, "invalid-request"],
    [{ kinds: ["no kind"] }, "invalid-request"],
    [{ kinds: ["a"], max: 51 }, "invalid-request"],
    [{ kinds: ["a"], wait: 61 }, "invalid-request"],
    [{ kinds: ["a"], lease: 5 }, "fields-unknown"],
  ])("%j is refused: %s", async (body, code) => {
    const response = await createHouse().ask("POST", "/v1/leases", { body });
    expect((await problemOf(response))[1]).toBe(code);
  });

  test("F21 a store that is not there is a 503", async () => {
    const house = createHouse();
    house.store.fault = new StoreUnavailable("unreachable", "away");
    const response = await house.ask("POST", "/v1/leases", { body: { kinds: ["echo"], wait: 5 } });
    expect(response.status).toBe(503);
  });
});

describe("a lease", () => {
  test("is extended by its heartbeat, which takes progress and tells of a cancellation", async () => {
    const house = houseWithJob();
    const token = await leased(house);
    const first = await act(house, token, "heartbeat", {
      body: { progress: { percent: 49.6, message: "half" } },
    });
    expect(await first.json()).toEqual({
      expiresAt: new Date(house.clock.now() + 30_000).toISOString(),
      cancelRequested: false,
    });
    expect(house.store.reports).toMatchObject([{ jobId: ids.job, token: 1, percent: 50, message: "half" }]);
    await house.ask("DELETE", `/v1/jobs/${ids.job}`);
    expect(await (await act(house, token, "heartbeat")).json()).toMatchObject({ cancelRequested: true });
  });

  test("ends with a JSON result, kept byte for byte", async () => {
    const house = houseWithJob();
    const raw = '{ "result" : {"big":12345678901234567890, "a": [1.0] } }';
    const headers = { "content-type": "application/json" };
    const response = await act(house, await leased(house), "complete", { raw, headers });
    expect([response.status, await response.json()]).toEqual([200, { status: "succeeded" }]);
    const [end] = house.store.ends;
    expect(end?.outcome).toMatchObject({ kind: "succeeded", resultUrl: null });
    const body = end?.outcome.kind === "succeeded" ? end.outcome.result.body : new Uint8Array();
    expect(Buffer.from(body).toString()).toBe('{"big":12345678901234567890, "a": [1.0] }');
  });

  test("ends with bytes of any type, which get a link", async () => {
    const house = houseWithJob();
    const raw = new Uint8Array([0, 255]);
    const headers = { "content-type": "image/png" };
    expect((await act(house, await leased(house), "complete", { raw, headers })).status).toBe(200);
    expect(house.store.ends[0]?.outcome).toMatchObject({
      result: { contentType: "image/png", body: raw },
      resultUrl: expect.stringContaining(`/v1/jobs/${ids.job}/result?token=`) as string,
    });
  });

  test("ends as failed, retryable unless said otherwise", async () => {
    const house = houseWithJob();
    const body = { message: "no such month", retryable: false };
    const response = await act(house, await leased(house), "fail", { body });
    expect(await response.json()).toEqual({ status: "failed" });
    expect(house.store.ends[0]?.outcome).toEqual({ kind: "failed", code: "handler_error", ...body });
  });

  test("F70 that is over answers 409 lease-lost to everything, and its late result is not recorded", async () => {
    const house = houseWithJob();
    const token = await leased(house);
    house.store.changeJob(ids.job, { status: "queued" });
    const again = await leased(house);
    for (const [what, body] of [
      ["heartbeat", {}],
      ["complete", { result: 1 }],
      ["fail", { message: "late" }],
    ] as const) {
      expect(await problemOf(await act(house, token, what, { body }))).toEqual([409, "lease-lost"]);
    }
    expect(house.store.ends).toEqual([]);
    expect((await act(house, again, "complete", { body: { result: 1 } })).status).toBe(200);
    expect(await problemOf(await act(house, again, "complete", { body: { result: 2 } }))).toEqual([
      409,
      "lease-lost",
    ]);
    expect(house.store.ends).toHaveLength(1);
  });

  test("F62 beyond the run's own time is ended as run_timeout", async () => {
    const house = houseWithJob();
    const token = await leased(house);
    house.clock.advance(60_000);
    expect(await problemOf(await act(house, token, "heartbeat"))).toEqual([409, "lease-lost"]);
    expect(house.store.ends[0]?.outcome).toMatchObject({ code: "run_timeout", retryable: true });
  });

  test("F124 of another tenant, or that is none, is not there", async () => {
    const house = houseWithJob();
    const token = await leased(house);
    const key = house.makeKey("theirs", "admin");
    expect(await problemOf(await act(house, token, "heartbeat", { key }))).toEqual([404, "not-found"]);
    for (const changed of [
      "nonsense",
      `${token}A`,
      token.replace(/^./, (first) => (first === "A" ? "B" : "A")),
    ]) {
      expect(await problemOf(await act(house, changed, "heartbeat"))).toEqual([404, "not-found"]);
    }
  });

  test("F67 a result that is too large is refused, and the run can still fail", async () => {
    const house = createHouse({ resultBytesMax: 100 });
    house.store.jobs.set(ids.job, aJob());
    const token = await leased(house);
    const body = { result: "x".repeat(200) };
    expect(await problemOf(await act(house, token, "complete", { body }))).toEqual([413, "body-too-large"]);
    expect((await act(house, token, "fail", { body: { message: "too large" } })).status).toBe(200);
  });
});
