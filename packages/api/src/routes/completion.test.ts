import { describe, expect, test } from "vitest";
import { createHouse, type AskOptions, type House } from "../testing/house.ts";
import { aJob, ids } from "../testing/rows.ts";
import { createCompletions } from "../tokens/run-tokens.ts";

const completionOf = createCompletions({
  tokenKeys: [new Uint8Array(32).fill(5)],
  publicUrl: () => "https://ringback.test/",
});

/** A house with a running job that was handed over to its upstream. */
function houseWithRun(): House {
  const house = createHouse();
  house.store.jobs.set(ids.job, aJob({ status: "running", runs: 1 }));
  house.store.tokens.set(ids.job, 7);
  return house;
}

const { completeUrl, failUrl, token } = completionOf({ tenantId: "mine", jobId: ids.job, token: 7 });

/** As the upstream does: with the token and without a key. */
function call(house: House, url: string, options: AskOptions = {}, given = token): Promise<Response> {
  const headers = { "ringback-token": given, ...options.headers };
  return house.ask("POST", new URL(url).pathname, { key: null, ...options, headers });
}

async function problemOf(response: Response): Promise<unknown[]> {
  return [response.status, ((await response.json()) as { code: string }).code];
}

describe("an upstream that answered 202", () => {
  test("is told two addresses of this installation", () => {
    expect([completeUrl, failUrl]).toEqual([
      `https://ringback.test/v1/jobs/${ids.job}/complete`,
      `https://ringback.test/v1/jobs/${ids.job}/fail`,
    ]);
  });

  test("completes the job with its token and no key, once", async () => {
    const house = houseWithRun();
    const first = await call(house, completeUrl, { body: { result: { done: true } } });
    expect([first.status, await first.json()]).toEqual([200, { status: "succeeded" }]);
    expect(house.store.ends).toMatchObject([{ tenantId: "mine", jobId: ids.job, token: 7 }]);
    const second = await call(house, completeUrl, { body: { result: "another" } });
    expect(await problemOf(second)).toEqual([409, "lease-lost"]);
    expect(house.store.ends).toHaveLength(1);
  });

  test("fails the job as upstream_failed", async () => {
    const house = houseWithRun();
    expect((await call(house, failUrl, { body: { message: "the printer is out of paper" } })).status).toBe(
      200,
    );
    expect(house.store.ends[0]?.outcome).toEqual({
      kind: "failed",
      code: "upstream_failed",
      message: "the printer is out of paper",
      retryable: true,
    });
  });

  test("F70 cannot end a later run of the job with the token of an earlier one", async () => {
    const house = houseWithRun();
    house.store.tokens.set(ids.job, 8);
    expect(await problemOf(await call(house, completeUrl, { body: {} }))).toEqual([409, "lease-lost"]);
    expect(house.store.ends).toEqual([]);
  });

  test("cannot end another job, nor anything with a changed token", async () => {
    const house = houseWithRun();
    const other = completeUrl.replace("z4", "z5");
    expect(await problemOf(await call(house, other, { body: {} }))).toEqual([401, "unauthenticated"]);
    for (const changed of ["", "nonsense", token.slice(0, -2), `${token}A`]) {
      expect((await call(house, completeUrl, { body: {} }, changed)).status).toBe(401);
    }
    expect(house.store.ends).toEqual([]);
  });

  test("needs the token: a key alone ends no run, whoever's it is", async () => {
    const house = houseWithRun();
    const path = new URL(completeUrl).pathname;
    expect(await problemOf(await house.ask("POST", path, { body: {} }))).toEqual([422, "invalid-request"]);
    const key = house.makeKey("theirs", "admin");
    expect(await problemOf(await house.ask("POST", path, { body: {}, key }))).toEqual([404, "not-found"]);
    const both = { body: {}, key, headers: { "ringback-token": token } };
    expect(await problemOf(await house.ask("POST", path, both))).toEqual([404, "not-found"]);
    expect(house.store.ends).toEqual([]);
  });
});
