// Waiting for a job: the long poll by ETag, and the submission that waits for the end.
import { describe, expect, test } from "vitest";
import { createHouse, type House } from "../testing/house.ts";
import { aJob, aResult, ids } from "../testing/rows.ts";
import { submit } from "../testing/submitting.ts";

const path = `/v1/jobs/${ids.job}`;
const waiting = { "if-none-match": '"1"', prefer: "wait=30" };

function houseWithJob(settings = {}): House {
  const house = createHouse(settings);
  house.store.jobs.set(ids.job, aJob());
  return house;
}

/** Until `count` requests wait, beside the look at what nobody announced. */
async function waits(house: House): Promise<void> {
  for (let turn = 0; house.clock.armed < 2; turn += 1) {
    if (turn > 1_000) throw new Error("nobody waited");
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe("GET /v1/jobs/{id} with If-None-Match and Prefer: wait", () => {
  test.each([path, `${path}/status`])("%s answers when the version changes", async (asked) => {
    const house = houseWithJob();
    const answer = house.ask("GET", asked, { headers: waiting });
    await waits(house);
    house.store.changeJob(ids.job, { status: "running" });
    const response = await answer;
    expect([response.status, response.headers.get("etag")]).toEqual([200, '"2"']);
    expect(response.headers.get("preference-applied")).toBe("wait=30");
    expect(await response.json()).toMatchObject({ status: "running", version: 2 });
    expect(house.clock.armed).toBe(0);
  });

  test("F121 it answers 304 when the time is over, and the present state when the process drains", async () => {
    const house = houseWithJob();
    const answer = house.ask("GET", path, { headers: waiting });
    await waits(house);
    house.clock.advance(30_250);
    const unchanged = await answer;
    expect([unchanged.status, unchanged.headers.get("etag")]).toEqual([304, '"1"']);
    expect(unchanged.headers.get("retry-after")).not.toBeNull();
    const other = house.ask("GET", path, { headers: waiting });
    await waits(house);
    house.drain();
    const drained = await other;
    expect(drained.status).toBe(200);
    expect(await drained.json()).toMatchObject({ id: ids.job, version: 1 });
    // Nobody waits any more, and everybody is told how it stands.
    expect((await house.ask("GET", path, { headers: waiting })).status).toBe(200);
  });

  test("it does not wait without If-None-Match, with another version, for HEAD, or for wait=0", async () => {
    const house = houseWithJob();
    const ask = async (method: string, headers: Record<string, string>): Promise<number> =>
      (await house.ask(method, path, { headers })).status;
    expect(await ask("GET", { prefer: "wait=30" })).toBe(200);
    expect(await ask("GET", { "if-none-match": '"0"', prefer: "wait=30" })).toBe(200);
    expect(await ask("HEAD", waiting)).toBe(304);
    expect(await ask("GET", { "if-none-match": '"1"', prefer: "wait=0" })).toBe(304);
    expect(house.clock.armed).toBe(0);
  });

  test("the status monitor leads to the result at once, whatever the client knows", async () => {
    const house = houseWithJob();
    house.store.jobs.set(ids.job, aJob({ ...aResult("1"), version: 5 }));
    const answer = await house.ask("GET", `${path}/status`, {
      headers: { "if-none-match": '"5"', prefer: "wait=9" },
    });
    expect([answer.status, answer.headers.get("location")]).toEqual([303, `${path}/result`]);
  });

  test("a longer wait than is allowed is cut, and the answer says to what", async () => {
    const house = houseWithJob();
    const answer = house.ask("GET", path, { headers: { ...waiting, prefer: "wait=600" } });
    await waits(house);
    house.clock.advance(60_250);
    expect((await answer).headers.get("preference-applied")).toBe("wait=60");
  });

  test("F122 beyond the bound it answers at once instead of waiting", async () => {
    const house = houseWithJob({ waitersMax: 1 });
    const first = house.ask("GET", path, { headers: waiting });
    await waits(house);
    const second = await house.ask("GET", path, { headers: waiting });
    expect([second.status, second.headers.get("preference-applied")]).toEqual([304, null]);
    house.drain();
    await first;
  });

  test("F118 F122 a thousand clients that wait for one job cost one read when it changes, and none before", async () => {
    const house = houseWithJob();
    const answers = Array.from({ length: 1_000 }, () => house.ask("GET", path, { headers: waiting }));
    await waits(house);
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    const readsBefore = house.store.jobReads;
    house.clock.advance(5_000);
    await new Promise((resolve) => setImmediate(resolve));
    expect(house.store.jobReads).toBe(readsBefore);
    house.store.changeJob(ids.job, { status: "running" });
    const statuses = (await Promise.all(answers)).map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(house.store.jobReads - readsBefore).toBeLessThanOrEqual(2);
  });

  test("F122 a change that nobody told is found by the look that all share", async () => {
    const house = houseWithJob();
    const answer = house.ask("GET", path, { headers: waiting });
    await waits(house);
    house.store.jobs.set(ids.job, aJob({ status: "running", version: 2 }));
    house.clock.advance(10_000);
    expect(await (await answer).json()).toMatchObject({ version: 2 });
    expect(house.store.looks).toBe(1);
  });

  test("F127 a redelivery between two polls is a change like every other", async () => {
    const house = houseWithJob();
    house.store.jobs.set(ids.job, aJob({ ...aResult("1"), version: 5 }));
    const answer = house.ask("GET", path, { headers: { "if-none-match": '"5"', prefer: "wait=9" } });
    await waits(house);
    house.store.changeJob(ids.job, {});
    expect(await (await answer).json()).toMatchObject({ status: "succeeded", version: 6 });
  });

  test("a client that has gone is forgotten", async () => {
    const house = houseWithJob();
    const gone = new AbortController();
    const { signal } = gone;
    const answer = house.ask("GET", path, { headers: waiting, signal });
    await waits(house);
    gone.abort();
    await answer.catch(() => undefined);
    expect(house.clock.armed).toBe(0);
  });
});

describe("POST /v1/jobs with Prefer", () => {
  const jobIdIn = (house: House): string => [...house.store.jobs.keys()][0] ?? "";

  test("wait=n answers 200 with the result when the job ends in time", async () => {
    const house = createHouse();
    const answer = submit(house, { kind: "echo" }, { prefer: "respond-async, wait=5" });
    await waits(house);
    const id = jobIdIn(house);
    house.store.changeJob(id, { status: "running" });
    await waits(house);
    house.store.changeJob(id, aResult('{"ok":true}'), "job.succeeded");
    const response = await answer;
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "preference-applied": "wait=5",
      location: `/v1/jobs/${id}/status`,
      link: `</v1/jobs/${id}>; rel="self"`,
    });
    expect(response.headers.get("retry-after")).toBeNull();
    expect(await response.json()).toMatchObject({ id, done: true, result: { ok: true } });
    expect(house.clock.armed).toBe(0);
  });

  test("it answers 202 with the state of then when it does not", async () => {
    const house = createHouse();
    const answer = submit(house, { kind: "echo" }, { prefer: "wait=5" });
    await waits(house);
    house.store.changeJob(jobIdIn(house), { status: "running" });
    await waits(house);
    house.clock.advance(5_250);
    const response = await answer;
    expect([response.status, response.headers.get("preference-applied")]).toEqual([202, null]);
    expect(await response.json()).toMatchObject({ status: "running", version: 2 });
  });

  test("respond-async is what it does anyway, and says so", async () => {
    const response = await submit(createHouse(), { kind: "echo" }, { prefer: "respond-async" });
    expect([response.status, response.headers.get("preference-applied")]).toEqual([202, "respond-async"]);
  });

  test("F121 a submission that waits is answered 202 when the process drains", async () => {
    const house = createHouse();
    const answer = submit(house, { kind: "echo" }, { prefer: "wait=50" });
    await waits(house);
    house.drain();
    expect((await answer).status).toBe(202);
  });
});
