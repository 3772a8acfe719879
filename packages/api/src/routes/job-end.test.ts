// The end of a job's life as clients see it, and how likely its end is before it comes.
import { describe, expect, test } from "vitest";
import { createHouse, type House } from "../testing/house.ts";
import { aJob, aResult, ids } from "../testing/rows.ts";
import { problemOf } from "../testing/submitting.ts";

const path = `/v1/jobs/${ids.job}`;
const dayMs = 24 * 3_600_000;

/** A job that succeeded at 08:00 and expires one hour after the house's present. */
function houseWithResult(): House {
  const house = createHouse();
  const expiresAt = house.clock.now() + 3_600_000;
  house.store.jobs.set(ids.job, aJob({ ...aResult('{"ok":1}'), expiresAt }));
  return house;
}

describe("a job that has expired", () => {
  test.each([
    ["GET", path],
    ["GET", `${path}/status`],
    ["GET", `${path}/result`],
    ["GET", `${path}/events`],
    ["DELETE", path],
    ["DELETE", `${path}/result`],
  ])("F123 %s %s answers 410 with how it ended and both times, then 404", async (method, asked) => {
    const house = houseWithResult();
    house.clock.advance(3_600_000 - 1);
    expect((await house.ask("GET", path)).status).toBe(200);
    house.clock.advance(1);
    const problem = await problemOf(await house.ask(method, asked));
    expect(problem).toMatchObject({
      status: 410,
      code: "job-expired",
      job: {
        id: ids.job,
        status: "succeeded",
        finishedAt: "2026-11-22T08:00:00.000Z",
        expiresAt: "2026-11-22T10:00:00.000Z",
      },
    });
    expect(problem.detail).toContain("2026-11-22T10:00:00Z");
    house.clock.advance(30 * dayMs - 1);
    expect((await house.ask(method, asked)).status).toBe(410);
    house.clock.advance(1);
    const gone = await house.ask(method, asked, { headers: { "x-request-id": "same" } });
    const unknown = await house.ask(method, asked.replace(ids.job, `${ids.job.slice(0, -1)}0`), {
      headers: { "x-request-id": "same" },
    });
    expect([gone.status, await gone.text()]).toEqual([404, await unknown.text()]);
  });

  test("a link from a callback answers 410, too", async () => {
    const house = houseWithResult();
    const link = new URL(house.links.mint({ tenantId: "mine", jobId: ids.job, ttlMs: 7 * dayMs }));
    const ask = async (): Promise<number> =>
      (await house.ask("GET", `${link.pathname}${link.search}`, { key: null })).status;
    expect(await ask()).toBe(200);
    house.clock.advance(3_600_000);
    expect(await ask()).toBe(410);
  });

  test("the job says when it will be", async () => {
    const answer = await houseWithResult().ask("GET", path);
    expect(await answer.json()).toMatchObject({ expiresAt: "2026-11-22T10:00:00.000Z" });
  });

  test("F2 its Idempotency-Key answers 410 and makes no other job", async () => {
    const house = createHouse();
    const headers = { "idempotency-key": "once" };
    const submit = (): Promise<Response> =>
      house.ask("POST", "/v1/jobs", { body: { kind: "echo" }, headers });
    const { id } = (await (await submit()).json()) as { id: string };
    house.store.changeJob(id, { ...aResult("1"), expiresAt: house.clock.now() });
    const again = await submit();
    expect([again.status, again.headers.get("idempotency-replayed")]).toEqual([410, "true"]);
    expect(house.store.accepted).toHaveLength(1);
  });
});

describe("DELETE /v1/jobs/{id}/result", () => {
  test("erases the result at once; the job stays readable, and asking again changes nothing", async () => {
    const house = houseWithResult();
    const erased = await house.ask("DELETE", `${path}/result`);
    expect([erased.status, erased.headers.get("etag")]).toEqual([204, '"4"']);
    const job = await house.ask("GET", path);
    expect([job.status, job.headers.get("etag")]).toEqual([200, '"4"']);
    const shown = (await job.json()) as object;
    expect(shown).toMatchObject({ status: "succeeded" });
    expect(Object.keys(shown)).not.toEqual(expect.arrayContaining(["result"]));
    expect(Object.keys(shown)).not.toEqual(expect.arrayContaining(["resultUrl"]));
    expect(await problemOf(await house.ask("GET", `${path}/result`))).toMatchObject({
      status: 410,
      code: "result-erased",
    });
    expect((await house.ask("DELETE", `${path}/result`)).status).toBe(204);
  });

  test.each([
    ["queued", "job-not-finished"],
    ["running", "job-not-finished"],
    ["failed", "job-failed"],
    ["canceled", "job-canceled"],
  ] as const)("a job that is %s has none: 409 %s", async (status, code) => {
    const house = createHouse();
    house.store.jobs.set(ids.job, aJob({ status }));
    expect(await problemOf(await house.ask("DELETE", `${path}/result`))).toMatchObject({ status: 409, code });
  });
});

describe("how a job is likely to go on", () => {
  const past = (seconds: number) => ({ kind: "echo", waitedMs: 0, ranMs: seconds * 1_000 });

  test("shows its position and what is left, from the queue and from what its kind took", async () => {
    const house = createHouse();
    const createdAt = house.clock.now();
    house.store.pastJobs = [20, 40, 60, 80, 100].map(past);
    house.store.jobs.set("job_before", aJob({ id: "job_before", priority: 5, createdAt }));
    house.store.jobs.set(ids.job, aJob({ createdAt }));
    const answer = await house.ask("GET", path);
    expect(answer.headers.get("retry-after")).toBe("30");
    expect(await answer.json()).toMatchObject({ position: 2, estimatedSeconds: 60 });
    house.store.jobs.set(ids.job, aJob({ createdAt, status: "running", startedAt: createdAt }));
    house.clock.advance(5_000);
    const running = await house.ask("GET", path);
    expect(running.headers.get("retry-after")).toBe("28");
    const shown = (await running.json()) as object;
    expect(shown).toMatchObject({ estimatedSeconds: 55 });
    expect(shown).not.toHaveProperty("position");
  });

  test("says nothing that nobody can know", async () => {
    const house = createHouse();
    house.store.pastJobs = [20, 40, 60, 80].map(past);
    house.store.jobs.set(ids.job, aJob({ runAt: house.clock.now() + 9_000 }));
    const shown = (await (await house.ask("GET", path)).json()) as object;
    expect(shown).not.toHaveProperty("position");
    expect(shown).not.toHaveProperty("estimatedSeconds");
  });

  test("the answer to a submission carries it as soon as the kind is known, and waits for nothing", async () => {
    const house = createHouse();
    house.store.pastJobs = [20, 40, 60, 80, 100].map(past);
    const submit = (): Promise<Response> => house.ask("POST", "/v1/jobs", { body: { kind: "echo" } });
    expect(await (await submit()).json()).not.toHaveProperty("estimatedSeconds");
    const second = await submit();
    expect(second.headers.get("retry-after")).toBe("30");
    expect(await second.json()).toMatchObject({ estimatedSeconds: 60 });
  });
});
