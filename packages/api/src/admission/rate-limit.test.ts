import { describe, expect, test } from "vitest";
import { StoreUnavailable } from "@ringback/core";
import { createHouse, type House } from "../testing/house.ts";
import { problemOf } from "../testing/submitting.ts";

const fieldsOf = ({ headers }: Response): (string | null)[] => [
  headers.get("ratelimit-policy"),
  headers.get("ratelimit"),
];

describe("the rate of a key", () => {
  test("is told by every answer to whoever holds one: routes, refusals, what is no route, and faults", async () => {
    const house = createHouse({ requestsPerMinute: 100 });
    const ask = async (method: string, path: string, key?: string): Promise<(string | null)[]> =>
      fieldsOf(await house.ask(method, path, key === undefined ? {} : { key }));
    const policy = '"default";q=100;w=60';
    expect(await ask("GET", "/v1/jobs")).toEqual([policy, '"default";r=99;t=1']);
    expect(await ask("GET", "/v1/nothing")).toEqual([policy, '"default";r=98;t=1']);
    expect(await ask("PUT", "/v1/jobs")).toEqual([policy, '"default";r=97;t=1']);
    expect(await ask("OPTIONS", "/v1/jobs")).toEqual([policy, '"default";r=96;t=1']);
    expect(await ask("GET", "/v1/jobs/x")).toEqual([policy, '"default";r=95;t=1']);
    expect(await ask("GET", "/v1/endpoints", house.makeKey("mine", "jobs"))).toEqual([
      policy,
      '"default";r=99;t=1',
    ]);
    house.store.reads.listJobs = () => Promise.reject(new StoreUnavailable("busy", "locked"));
    const fault = await house.ask("GET", "/v1/jobs");
    expect([fault.status, ...fieldsOf(fault)]).toEqual([503, policy, '"default";r=94;t=1']);
  });

  test("is told to nobody else", async () => {
    const house = createHouse();
    for (const path of ["/healthz", "/v1/jobs", "/problems"]) {
      expect(fieldsOf(await house.ask("GET", path, { key: null }))).toEqual([null, null]);
    }
  });

  test("F24 ends in 429 with Retry-After, for that key alone, and goes on when the time is over", async () => {
    const house = createHouse({ requestsPerMinute: 3 });
    const hasty = house.makeKey("mine", "jobs");
    const calm = house.makeKey("mine", "jobs");
    const ask = (key: string): Promise<Response> => house.ask("GET", "/v1/jobs", { key });
    const statuses: number[] = [];
    for (let at = 0; at < 30; at += 1) statuses.push((await ask(hasty)).status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(3);
    const refused = await ask(hasty);
    expect([refused.headers.get("retry-after"), ...fieldsOf(refused)]).toEqual([
      "20",
      '"default";q=3;w=60',
      '"default";r=0;t=20',
    ]);
    expect(await problemOf(refused)).toMatchObject({ status: 429, code: "rate-limited" });
    expect((await ask(calm)).status).toBe(200);
    house.clock.advance(20_000);
    expect((await ask(hasty)).status).toBe(200);
    expect((await ask(hasty)).status).toBe(429);
  });

  test("is the tenant's own where it has one, two seconds after it was changed at the latest", async () => {
    const house = createHouse({ requestsPerMinute: 1_000 });
    const key = house.makeKey("theirs", "jobs");
    await house.ask("GET", "/v1/jobs", { key });
    await house.ask("PATCH", "/v1/tenants/theirs", { body: { limits: { requestsPerMinute: 60 } } });
    house.clock.advance(2_000);
    expect(fieldsOf(await house.ask("GET", "/v1/jobs", { key }))[0]).toBe('"default";q=60;w=60');
  });

  test("does not let a request through to the store that it refuses", async () => {
    const house = createHouse({ requestsPerMinute: 1 });
    const submit = () => house.ask("POST", "/v1/jobs", { body: { kind: "echo" } });
    expect([(await submit()).status, (await submit()).status]).toEqual([202, 429]);
    expect(house.store.jobs.size).toBe(1);
  });
});

describe("failed authentications", () => {
  const wrong = `rb_live_${"a".repeat(12)}_${"b".repeat(38)}`;
  const ask = (house: House, peer: string, key: string): Promise<Response> =>
    house.ask("GET", "/v1/jobs", { key, peer });

  test("from one address end in 429, which no other address and no good key is told", async () => {
    const house = createHouse({ authFailuresPerMinute: 2 });
    const good = house.makeKey("mine", "jobs");
    expect((await ask(house, "192.0.2.1", good)).status).toBe(200);
    const statuses = [];
    for (let at = 0; at < 4; at += 1) statuses.push((await ask(house, "192.0.2.1", wrong)).status);
    expect(statuses).toEqual([401, 401, 429, 429]);
    const refused = await ask(house, "192.0.2.1", wrong);
    expect([refused.headers.get("retry-after"), ...fieldsOf(refused)]).toEqual(["30", null, null]);
    expect(await problemOf(refused)).toMatchObject({ code: "rate-limited" });
    house.clock.advance(2_000);
    expect((await ask(house, "192.0.2.1", good)).status).toBe(200);
    expect((await ask(house, "192.0.2.2", wrong)).status).toBe(401);
  });
});
