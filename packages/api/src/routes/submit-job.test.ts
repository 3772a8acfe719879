import { describe, expect, test } from "vitest";
import { StoreUnavailable } from "@ringback/core";
import { createHouse } from "../testing/house.ts";
import { anEndpoint, ids } from "../testing/rows.ts";
import { problemOf, submit, submitText } from "../testing/submitting.ts";

describe("POST /v1/jobs", () => {
  test("answers 202 with where to poll, when, and the job", async () => {
    const house = createHouse();
    const response = await submit(house, { kind: "echo", input: { a: 1 }, metadata: { team: "blue" } });
    expect(response.status).toBe(202);
    const job = (await response.json()) as { id: string };
    expect(job).toMatchObject({
      kind: "echo",
      status: "queued",
      done: false,
      input: { a: 1 },
      metadata: { team: "blue" },
      version: 1,
      links: { self: `/v1/jobs/${job.id}` },
    });
    expect(Object.fromEntries(response.headers)).toMatchObject({
      location: `/v1/jobs/${job.id}/status`,
      "retry-after": "1",
      etag: '"1"',
      link: `</v1/jobs/${job.id}>; rel="self"`,
      "content-type": "application/json",
    });
  });

  test("hands the store what was asked for, with the kind's defaults for the rest", async () => {
    const house = createHouse();
    const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    await submit(
      house,
      {
        kind: "echo",
        priority: -5,
        runAt: "2026-11-23T00:00:00+01:00",
        runTimeoutMs: 1_000,
        callback: { url: "https://a.example/x?t=1", headers: { "X-Team": "blue" }, events: ["job.*"] },
      },
      { traceparent },
    );
    expect(house.store.accepted[0]).toMatchObject({
      job: {
        tenantId: "mine",
        input: null,
        priority: -5,
        runAt: Date.parse("2026-11-22T23:00:00Z"),
        runTimeoutMs: 1_000,
        maxRuns: 1,
        traceparent,
        callback: {
          url: "https://a.example/x?t=1",
          headers: { "x-team": "blue" },
          events: ["job.*"],
          secret: null,
        },
      },
      receiver: { origin: "https://a.example", host: "a.example" },
      idempotency: null,
    });
  });

  test("F16 F17 the input is kept byte for byte", async () => {
    const house = createHouse();
    const input = '{ "b":12345678901234567890, "a" : 1.10,"a":[ ] ,"__proto__":{"x":"é\\u00e9"}}';
    const response = await submitText(house, `{"input":${input}\n,"kind":"echo"}`);
    expect(house.store.accepted[0]?.job.input).toBe(input);
    expect(await response.text()).toContain(`"input":${input}`);
  });

  test("no answer repeats a callback's query", async () => {
    const house = createHouse();
    const response = await submit(house, {
      kind: "echo",
      callback: { url: "https://a.example/x?t=CANARY", headers: { "x-a": "CANARY" } },
    });
    expect(response.status).toBe(202);
    expect(await response.text()).not.toContain("CANARY");
  });

  test("F28 unknown fields are all refused by name, those of later versions too", async () => {
    const house = createHouse();
    const response = await submit(house, {
      kind: "echo",
      retries: 1,
      timeoutMs: 1,
      callback: { url: "https://a.example", retries: 3 },
    });
    expect(response.status).toBe(400);
    const problem = await problemOf(response);
    expect(problem.code).toBe("fields-unknown");
    expect(problem.errors?.map(({ path }) => path)).toEqual(["/callback/retries", "/retries", "/timeoutMs"]);
    expect(problem.detail).toContain("/problems/fields-unknown");
  });

  test.each([
    [{}, "/kind"],
    [{ kind: 5 }, "/kind"],
    [{ kind: "echo", priority: 101 }, "/priority"],
    [{ kind: "echo", priority: 1.5 }, "/priority"],
    [{ kind: "echo", runAt: "tomorrow" }, "/runAt"],
    [{ kind: "echo", runAt: "2026-11-22T10:00:00" }, "/runAt"],
    [{ kind: "echo", runAt: "2026-02-30T00:00:00Z" }, "/runAt"],
    [{ kind: "echo", runTimeoutMs: 0 }, "/runTimeoutMs"],
    [{ kind: "echo", maxRuns: 101 }, "/maxRuns"],
    [{ kind: "echo", metadata: { a: { b: 1 } } }, "/metadata/a"],
    [{ kind: "echo", metadata: [] }, "/metadata"],
    [
      { kind: "echo", metadata: Object.fromEntries(Array.from({ length: 51 }, (_, n) => [n, n])) },
      "/metadata",
    ],
    [{ kind: "echo", callback: {} }, "/callback"],
    [{ kind: "echo", callback: null }, "/callback"],
    [
      { kind: "echo", callback: { url: "https://a.example", endpointId: ids.endpoint } },
      "/callback/endpointId",
    ],
    [{ kind: "echo", callback: { url: "https://a.example", events: [] } }, "/callback/events"],
    [{ kind: "echo", callback: { url: "https://a.example", events: ["job.done"] } }, "/callback/events"],
    [
      { kind: "echo", callback: { url: "https://a.example", secret: "whsec_dG9vIHNob3J0" } },
      "/callback/secret",
    ],
    [
      { kind: "echo", callback: { url: "https://a.example", headers: { host: "x" } } },
      "/callback/headers/host",
    ],
    [
      { kind: "echo", callback: { url: "https://a.example", headers: { "x-a": "1", "X-A": "2" } } },
      "/callback/headers/X-A",
    ],
    [
      { kind: "echo", callback: { endpointId: ids.endpoint, secret: `whsec_${"A".repeat(44)}` } },
      "/callback/secret",
    ],
  ])("what cannot be is refused with a pointer to it: %j", async (body, path) => {
    const response = await submit(createHouse(), body);
    expect(response.status).toBe(422);
    const problem = await problemOf(response);
    expect(problem.code).toBe("invalid-request");
    expect(problem.errors?.[0]?.path).toBe(path);
  });

  test("F18 a metadata member called __proto__ is refused and changes nothing", async () => {
    const response = await submitText(
      createHouse(),
      '{"kind":"echo","metadata":{"__proto__":{"isAdmin":true}}}',
    );
    expect(response.status).toBe(422);
    expect(({} as Record<string, unknown>)["isAdmin"]).toBeUndefined();
  });

  test("F18 a header called __proto__ is refused by name, not left out", async () => {
    const house = createHouse();
    const response = await submitText(
      house,
      '{"kind":"echo","callback":{"url":"https://a.example","headers":{"__proto__":"x","x-a":"1"}}}',
    );
    const problem = await problemOf(response);
    expect(problem).toMatchObject({ code: "invalid-request", status: 422 });
    expect(problem.errors).toEqual([
      { path: "/callback/headers", message: "the name __proto__ cannot be used" },
    ]);
    expect(house.store.jobs.size).toBe(0);
  });

  test("F17 a number in metadata that reading would change is refused with its place", async () => {
    const house = createHouse();
    const problem = await problemOf(
      await submitText(house, '{"kind":"echo","metadata":{"ok":1.5,"order/id":12345678901234567890}}'),
    );
    expect(problem).toMatchObject({ code: "invalid-request", status: 422 });
    expect(problem.errors?.map(({ path }) => path)).toEqual(["/metadata/order~1id"]);
    expect(problem.detail).toContain("send it as text");
    expect(house.store.jobs.size).toBe(0);
  });

  test("an unknown kind is refused with the names of those there are", async () => {
    const problem = await problemOf(await submit(createHouse(), { kind: "ecko" }));
    expect(problem).toMatchObject({ code: "unknown-kind", status: 422 });
    expect(problem.detail).toContain("echo, outward, strict");
  });

  test("the kind's own schema judges the input, with pointers into it", async () => {
    const problem = await problemOf(await submit(createHouse(), { kind: "strict", input: {} }));
    expect(problem).toMatchObject({ code: "input-invalid", status: 422 });
    expect(problem.errors).toEqual([{ path: "/input/deep/n", message: "n is needed" }]);
  });

  test("what a kind says of the world outside is asked at intake, with pointers too", async () => {
    const house = createHouse();
    house.admission.problem = "may not be called";
    const problem = await problemOf(await submit(house, { kind: "outward", input: { url: "x" } }));
    expect(problem).toMatchObject({ code: "input-invalid", status: 422 });
    expect(problem.errors).toEqual([{ path: "/input/url", message: "may not be called" }]);
    expect(house.store.jobs.size).toBe(0);
  });

  test("F20 a callback URL that may not be called is refused at once, with the rule", async () => {
    const house = createHouse();
    const problem = await problemOf(
      await submit(house, { kind: "echo", callback: { url: "http://10.0.0.1/" } }),
    );
    expect(problem).toMatchObject({ code: "callback-url-rejected", status: 422 });
    expect(problem.detail).toContain("private-address");
    expect(house.store.jobs.size).toBe(0);
  });

  test("a callback may name an endpoint of its own tenant, and of no other", async () => {
    const house = createHouse();
    const callback = { endpointId: ids.endpoint };
    house.store.endpoints.set(ids.endpoint, anEndpoint({ tenantId: "theirs" }));
    const foreign = await problemOf(await submit(house, { kind: "echo", callback }));
    const malformed = await problemOf(
      await submit(house, { kind: "echo", callback: { endpointId: "nonsense" } }),
    );
    expect(foreign).toMatchObject({ code: "callback-endpoint-unknown", status: 422 });
    expect({ ...malformed, requestId: "" }).toEqual({ ...foreign, requestId: "" });
    house.store.endpoints.set(ids.endpoint, anEndpoint());
    expect((await submit(house, { kind: "echo", callback })).status).toBe(202);
  });
});

describe("what goes wrong at intake", () => {
  test.each([
    ['{"kind":"echo","kind":"echo"}', "json-member-twice"],
    [`{"kind":"echo","input":${"[".repeat(100_000)}}`, "json-too-deep"],
    ['{"kind":"echo","input":"\\ud800"}', "text-invalid"],
    ['{"kind":"echo",}', "json-invalid"],
    ["", "json-invalid"],
  ])("F14 F15 F16 a body that cannot be read safely is refused: %#", async (text, code) => {
    expect(await problemOf(await submitText(createHouse(), text))).toMatchObject({ code, status: 400 });
  });

  test.each(["[]", "1", "null", '"x"'])("a body that is no object is refused: %s", async (text) => {
    expect(await problemOf(await submitText(createHouse(), text))).toMatchObject({
      code: "invalid-request",
      status: 422,
    });
  });

  test("F21 a store that is not there is a 503 with Retry-After, and no 202", async () => {
    const house = createHouse();
    await submit(house, { kind: "echo" });
    house.store.fault = new StoreUnavailable("busy", "locked");
    const response = await submit(house, { kind: "echo" });
    expect(response.headers.get("retry-after")).toBe("2");
    expect(await problemOf(response)).toMatchObject({ code: "store-unavailable", status: 503 });
  });

  test("F115 a master key that is missing is told by its id, and when to come again", async () => {
    const house = createHouse();
    await submit(house, { kind: "echo" });
    house.store.fault = new StoreUnavailable("other_key", "The master key 1a2b3c4d is missing.");
    const response = await submit(house, { kind: "echo" });
    expect(response.headers.get("retry-after")).toBe("30");
    const detail = "The master key 1a2b3c4d is missing. Nothing was changed.";
    expect(await problemOf(response)).toMatchObject({ code: "master-key-missing", status: 503, detail });
  });

  test("F22 a full disk is told by name", async () => {
    const house = createHouse();
    await submit(house, { kind: "echo" });
    house.store.fault = new StoreUnavailable("full", "no space");
    const response = await submit(house, { kind: "echo" });
    expect(response.headers.get("retry-after")).toBe("2");
    expect(await problemOf(response)).toMatchObject({ code: "storage-full", status: 507 });
  });

  test("what nobody expected is a 500 without a stack, and logged under the same id", async () => {
    const house = createHouse();
    await submit(house, { kind: "echo" });
    house.store.fault = new Error("SECRET DETAIL");
    const response = await submit(house, { kind: "echo" });
    const problem = await problemOf(response);
    expect(problem).toMatchObject({ code: "internal", status: 500 });
    expect(JSON.stringify(problem)).not.toContain("SECRET");
    expect(house.logged.join("")).toContain(problem.requestId);
  });
});
