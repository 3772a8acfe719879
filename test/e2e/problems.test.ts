import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ProblemJson } from "../support/api-shapes.ts";
import { apiClient, type ApiRequest } from "../support/api-client.ts";
import type { ServerInProcess } from "../support/server-in-process.ts";
import { startInProcess } from "./e2e-home.ts";

const post = (body: unknown, headers = {}): ApiRequest => ({ method: "POST", body, headers });

describe("every error is a problem document with a code of the list, and the code has a page", () => {
  let server: ServerInProcess;
  beforeAll(async () => {
    server = await startInProcess();
  });
  afterAll(() => server.stop());

  test.each([
    ["a path that does not exist", "/v1/nothing", {}, 404, "not-found"],
    ["a method that does not exist", "/v1/jobs", { method: "PATCH" }, 405, "method-not-allowed"],
    ["a job that does not exist", "/v1/jobs/job_01kat5vqt8fkz9m0w4r1x2y3z4", {}, 404, "not-found"],
    ["an id that is none", "/v1/jobs/..%2F..%2Fetc", {}, 404, "not-found"],
    ["F14 broken JSON", "/v1/jobs", post('{"kind": '), 400, "json-invalid"],
    [
      "F15 deep nesting",
      "/v1/jobs",
      post(`{"kind":"e2e.echo","input":${"[".repeat(100_000)}`),
      400,
      "json-too-deep",
    ],
    ["F16 a member twice", "/v1/jobs", post('{"kind":"e2e.echo","kind":"http"}'), 400, "json-member-twice"],
    ["F28 unknown fields", "/v1/jobs", post({ kind: "e2e.echo", colour: "red" }), 400, "fields-unknown"],
    [
      "F13 a compressed body",
      "/v1/jobs",
      post("x", { "content-encoding": "gzip" }),
      415,
      "content-encoding-unsupported",
    ],
    [
      "a form",
      "/v1/jobs",
      post("kind=x", { "content-type": "application/x-www-form-urlencoded" }),
      415,
      "content-type-unsupported",
    ],
    ["an unknown kind", "/v1/jobs", post({ kind: "nobody.knows" }), 422, "unknown-kind"],
    [
      "input that the kind refuses",
      "/v1/jobs",
      post({ kind: "e2e.checked", input: { count: 0 } }),
      422,
      "input-invalid",
    ],
    [
      "F20 a private callback",
      "/v1/jobs",
      post({ kind: "e2e.echo", callback: { url: "https://10.0.0.1/" } }),
      422,
      "callback-url-rejected",
    ],
    [
      "an unknown endpoint",
      "/v1/jobs",
      post({ kind: "e2e.echo", callback: { endpointId: "ep_x" } }),
      422,
      "callback-endpoint-unknown",
    ],
    ["a parameter that cannot be", "/v1/jobs?limit=many", {}, 400, "parameter-invalid"],
    ["F126 a cursor that was made up", "/v1/jobs?cursor=madeup", {}, 400, "cursor-invalid"],
  ] as const)("%s", async (...row) => {
    const [, path, request, status, code] = row;
    const answer = await server.client.call(path, request);

    expect(answer.status).toBe(status);
    expect(answer.headers.get("content-type")).toMatch(/^application\/problem\+json/);
    const problem = answer.json as ProblemJson;
    expect(problem).toMatchObject({ type: `/problems/${code}`, status, code });
    expect(problem.title).not.toBe("");
    expect(problem.requestId).not.toBe("");
    expect(answer.text).not.toMatch(/\bat .*\.ts:\d+/);
    expect((await server.client.call(problem.type)).status).toBe(200);
  });

  test("F8 a body over the limit is 413", async () => {
    const answer = await server.client.call(
      "/v1/jobs",
      post({ kind: "e2e.echo", input: "x".repeat(300_000) }),
    );
    expect(answer).toMatchObject({ status: 413, json: { code: "body-too-large" } });
  });

  test.each([
    ["no key", null],
    ["a key that is none", "secret"],
    ["a key that was mistyped", `rb_live_${"a".repeat(12)}_${"b".repeat(38)}`],
  ])("%s is 401, on every path alike", async (_title, key) => {
    const client = apiClient({ url: () => server.url, key });
    for (const path of ["/v1/jobs", "/v1/jobs/x", "/v1/nothing", "//v1/jobs", "/v1/./jobs"]) {
      const answer = await client.call(path.startsWith("//") ? `${server.url}${path}` : path);
      expect([401, 404]).toContain(answer.status);
      expect(answer.headers.get("content-type")).toMatch(/^application\/problem\+json/);
    }
    expect((await client.call("/v1/jobs")).json).toMatchObject({ code: "unauthenticated", status: 401 });
  });

  test("a key without the scope is 403", async () => {
    const client = await server.clientOf("narrow", ["jobs"]);
    expect(await client.call("/v1/deliveries")).toMatchObject({
      status: 403,
      json: { code: "scope-missing" },
    });
    expect((await client.call("/v1/jobs")).status).toBe(200);
  });

  test("input is refused with a pointer to each mistake", async () => {
    const answer = await server.client.call(
      "/v1/jobs",
      post({ kind: "e2e.checked", input: { count: "1", label: 2 } }),
    );
    const { errors = [] } = answer.json as ProblemJson;
    expect(errors.map(({ path }) => path).toSorted()).toEqual(["/input/count", "/input/label"]);
  });

  test("F17 numbers and characters of the input come back byte for byte", async () => {
    const input = '{"big":12345678901234567890,"float":1.0,"text":"\\u00fc\\/"}';
    const answer = await server.client.expect(202, "/v1/jobs", post(`{"kind":"e2e.echo","input":${input}}`));
    expect(answer.text).toContain(`"input":${input}`);
  });
});
