import { describe, expect, test } from "vitest";
import { createHouse, type House } from "../testing/house.ts";
import { aJob, aResult, ids } from "../testing/rows.ts";

const path = `/v1/jobs/${ids.job}`;

function houseWith(change: Parameters<typeof aJob>[0] = {}): House {
  const house = createHouse();
  house.store.jobs.set(ids.job, aJob({ createdAt: house.clock.now(), ...change }));
  return house;
}

describe("GET /v1/jobs/{id}", () => {
  test("is 200 whatever the status, with Retry-After only while it is not done", async () => {
    for (const status of ["queued", "running", "succeeded", "failed", "canceled"] as const) {
      const response = await houseWith({ status }).ask("GET", path);
      expect(response.status).toBe(200);
      expect(response.headers.get("retry-after")).toBe(
        status === "queued" || status === "running" ? "1" : null,
      );
      expect(await response.json()).toMatchObject({ id: ids.job, status });
    }
  });

  test("F118 answers 304 to whoever has this version, and 200 to whoever has another", async () => {
    const house = houseWith({ version: 4 });
    const same = await house.ask("GET", path, { headers: { "if-none-match": 'W/"4"' } });
    expect([same.status, same.headers.get("etag"), same.headers.get("retry-after")]).toEqual([
      304,
      '"4"',
      "1",
    ]);
    expect(await same.text()).toBe("");
    house.store.changeJob(ids.job, { status: "running" });
    const changed = await house.ask("GET", path, { headers: { "if-none-match": '"4"' } });
    expect([changed.status, changed.headers.get("etag")]).toEqual([200, '"5"']);
  });

  test("shows JSON results inline and exactly, other results by their address", async () => {
    const text = '{"n":12345678901234567890, "list":[1]}';
    expect(await (await houseWith(aResult(text)).ask("GET", path)).text()).toContain(`"result":${text}`);
    const large = `"${"x".repeat(50_000)}"`;
    expect(await (await houseWith(aResult(large)).ask("GET", path)).text()).toContain(large);
    const image = (await (await houseWith(aResult("PNG", "image/png")).ask("GET", path)).json()) as object;
    expect(image).toMatchObject({ resultUrl: `https://ringback.test${path}/result` });
    expect(image).not.toHaveProperty("result");
  });

  test("F30 HEAD answers like GET, without the body", async () => {
    const response = await houseWith().ask("HEAD", path);
    expect([response.status, response.headers.get("etag")]).toEqual([200, '"1"']);
    expect(await response.text()).toBe("");
  });
});

describe("GET /v1/jobs/{id}/status", () => {
  test("leads to the result once there is one", async () => {
    const response = await houseWith(aResult("1")).ask("GET", `${path}/status`);
    expect([response.status, response.headers.get("location")]).toEqual([303, `${path}/result`]);
    expect(await response.json()).toMatchObject({ status: "succeeded", done: true });
  });

  test("says 200 and when to come again while there is none", async () => {
    const response = await houseWith({ status: "running" }).ask("GET", `${path}/status`);
    expect([response.status, response.headers.get("retry-after")]).toEqual([200, "1"]);
  });

  test("shows why a job failed", async () => {
    const error = { code: "handler_error", message: "no luck", run: 1 } as const;
    const response = await houseWith({ status: "failed", error }).ask("GET", `${path}/status`);
    expect([response.status, response.headers.get("retry-after")]).toEqual([200, null]);
    expect(await response.json()).toMatchObject({ error });
  });
});

describe("GET /v1/jobs/{id}/result", () => {
  test("is the bytes and their type, harmless to a browser", async () => {
    const response = await houseWith(aResult("<h1>é</h1>", "text/html")).ask("GET", `${path}/result`);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("text/html");
    expect(response.headers.get("content-security-policy")).toContain("sandbox");
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    expect(await response.text()).toBe("<h1>é</h1>");
  });

  test("a content type that no header can hold is no fault", async () => {
    const response = await houseWith(aResult("x", "text/plain\nx-evil: 1")).ask("GET", `${path}/result`);
    expect([response.status, response.headers.get("content-type")]).toEqual([
      200,
      "application/octet-stream",
    ]);
  });

  test.each([
    ["queued", "job-not-finished", "1"],
    ["running", "job-not-finished", "1"],
    ["failed", "job-failed", null],
    ["canceled", "job-canceled", null],
  ] as const)("a job that is %s answers 409 %s", async (status, code, retryAfter) => {
    const response = await houseWith({ status }).ask("GET", `${path}/result`);
    expect([response.status, response.headers.get("retry-after")]).toEqual([409, retryAfter]);
    expect(await response.json()).toMatchObject({ code });
  });

  test("a link's token opens it without a key, until it expires, and opens nothing else", async () => {
    const house = houseWith(aResult('{"n":1}'));
    const link = new URL(house.links.mint({ tenantId: "mine", jobId: ids.job, ttlMs: 60_000 }));
    const get = (target: string): Promise<Response> => house.ask("GET", target, { key: null });
    expect(await (await get(link.pathname + link.search)).text()).toBe('{"n":1}');
    expect((await get(`${path}/result`)).status).toBe(401);
    expect((await get(`${path}/result?token=x`)).status).toBe(401);
    expect((await get(`${path}${link.search}`)).status).toBe(401);
    house.clock.advance(60_000);
    const expired = await get(link.pathname + link.search);
    expect(expired.status).toBe(401);
    expect(await expired.text()).toContain("expired");
  });
});

describe("DELETE /v1/jobs/{id}", () => {
  test("a queued job is canceled at once, and again is the same", async () => {
    const house = houseWith();
    for (let time = 0; time < 2; time += 1) {
      const response = await house.ask("DELETE", path);
      expect(response.status).toBe(200);
      expect(await response.json()).toMatchObject({ status: "canceled" });
    }
  });

  test("a running job is asked to stop: 202 and where to look", async () => {
    const response = await houseWith({ status: "running" }).ask("DELETE", path);
    expect([response.status, response.headers.get("location")]).toEqual([202, `${path}/status`]);
    expect(await response.json()).toHaveProperty("cancelRequestedAt");
  });

  test("a finished job stands: 409", async () => {
    const response = await houseWith(aResult("1")).ask("DELETE", path);
    expect(response.status).toBe(409);
    expect(await response.json()).toMatchObject({ code: "job-finished" });
  });
});

describe("GET /v1/jobs", () => {
  function houseOfMany(): House {
    const house = createHouse();
    for (let n = 0; n < 5; n += 1) {
      const id = `job_01kat5vqt8fkz9m0w4r1x2y3z${n}`;
      house.store.jobs.set(
        id,
        aJob({ id, createdAt: 1_000 + n, metadata: { n }, status: n === 0 ? "failed" : "queued" }),
      );
    }
    return house;
  }

  test("pages through everything once, by cursor and by link", async () => {
    const house = houseOfMany();
    const seen: string[] = [];
    let next: string | null = "/v1/jobs?limit=2&status=queued,failed";
    while (next !== null) {
      const response: Response = await house.ask("GET", next);
      const page = (await response.json()) as { data: { id: string }[]; nextCursor: string | null };
      seen.push(...page.data.map(({ id }) => id.slice(-1)));
      const link = /^<([^>]+)>; rel="next"$/.exec(response.headers.get("link") ?? "")?.[1] ?? null;
      expect(link === null).toBe(page.nextCursor === null);
      if (link !== null) expect(new URL(link, "http://x").searchParams.get("cursor")).toBe(page.nextCursor);
      next = link;
    }
    expect(seen).toEqual(["4", "3", "2", "1", "0"]);
  });

  test("filters by status, kind and metadata", async () => {
    const house = houseOfMany();
    const ids = async (query: string): Promise<number> =>
      ((await (await house.ask("GET", `/v1/jobs?${query}`)).json()) as { data: unknown[] }).data.length;
    expect(await ids("status=failed")).toBe(1);
    expect(await ids("status=failed&status=queued")).toBe(5);
    expect(await ids("kind=nothing")).toBe(0);
    expect(await ids("metadata.n=3")).toBe(1);
    expect(await ids("createdAfter=2026-01-01T00:00:00Z")).toBe(5);
  });

  test.each([
    ["limit=0", "parameter-invalid"],
    ["limit=201", "parameter-invalid"],
    ["limit=many", "parameter-invalid"],
    ["limit=1&limit=2", "parameter-invalid"],
    ["status=done", "parameter-invalid"],
    ["createdAfter=yesterday", "parameter-invalid"],
    ["state=queued", "fields-unknown"],
    ["cursor=x", "cursor-invalid"],
  ])("?%s is refused", async (query, code) => {
    const response = await createHouse().ask("GET", `/v1/jobs?${query}`);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code });
  });

  test("F126 another tenant's cursor is refused", async () => {
    const house = houseOfMany();
    const page = (await (await house.ask("GET", "/v1/jobs?limit=2")).json()) as { nextCursor: string };
    const key = house.makeKey("theirs", "jobs");
    const response = await house.ask("GET", `/v1/jobs?cursor=${page.nextCursor}`, { key });
    expect([response.status, await response.text()]).toEqual([
      400,
      expect.stringContaining("cursor-invalid"),
    ]);
  });
});
