import { describe, expect, test } from "vitest";
import { createExchangeCheck, type Exchange } from "./exchange-check.ts";
import type { OpenApi } from "./open-api.ts";

const json = (schema: object): Readonly<Record<string, object>> => ({ "application/json": { schema } });
const closed = (properties: object, required: readonly string[] = Object.keys(properties)): object => ({
  type: "object",
  properties,
  required,
  additionalProperties: false,
});

const document: OpenApi = {
  paths: {
    "/things": {
      get: {
        parameters: [
          { name: "limit", in: "query", schema: { type: "integer" } },
          { name: "label", in: "query", explode: true, schema: { propertyNames: { pattern: "^label\\." } } },
        ],
        responses: {
          "200": { content: json({ type: "array", items: { $ref: "#/components/schemas/Thing" } }) },
        },
      },
      post: {
        requestBody: { content: json(closed({ name: { type: "string" } })) },
        responses: {
          "201": {
            headers: { location: { required: true }, etag: {} },
            content: json({ $ref: "#/components/schemas/Thing" }),
          },
          "422": {
            content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
          },
        },
      },
    },
    "/things/{id}": {
      get: { responses: { "200": { content: json({ $ref: "#/components/schemas/Thing" }) }, "304": {} } },
    },
    "/batch": {
      post: {
        requestBody: { content: json(closed({ names: { type: "array", items: { type: "string" } } })) },
        responses: { "202": { content: json({}) } },
      },
    },
    "/things/newest": { get: { responses: { "204": {} } } },
    "/things/{id}/bytes": { get: { responses: { "200": { content: { "*/*": { schema: {} } } } } } },
    "/stream": { get: { responses: { "200": { content: { "text/event-stream": { schema: {} } } } } } },
  },
  webhooks: {
    "thing.made": {
      post: {
        parameters: [{ name: "webhook-id", in: "header", required: true, schema: { type: "string" } }],
        requestBody: { content: json(closed({ type: { const: "thing.made" } })) },
        responses: {},
      },
    },
  },
  components: {
    schemas: {
      Thing: closed({ name: { type: "string" }, at: { type: "string", format: "date-time" } }, ["name"]),
      Problem: closed({ code: { enum: ["not-found", "invalid"] } }),
    },
  },
};

const check = createExchangeCheck(document);
const problemType = "application/problem+json";

type Asking = Partial<Omit<Exchange, "headers">> & {
  readonly headers?: Readonly<Record<string, string>>;
};

/** A list that was answered as documented, but for what is said. */
function problems({ headers = { "content-type": "application/json" }, ...rest }: Asking): readonly string[] {
  const good = { method: "GET", path: "/things", requestBody: null, status: 200, body: '[{"name":"a"}]' };
  return check.problemsOf({ ...good, ...rest, headers: new Headers(headers) });
}

describe("an exchange as the document says", () => {
  const made = { "content-type": "application/json", location: "/things/1" };
  test.each<readonly [string, Asking]>([
    ["an answer of the documented form", {}],
    ["with headers that every server sends", { headers: { "content-type": "application/json", date: "x" } }],
    ["with a charset", { headers: { "content-type": "application/json; charset=utf-8" } }],
    ["with documented parameters", { path: "/things?limit=1&label.a=b" }],
    ["a path with a parameter", { path: "/things/1", body: '{"name":"a","at":"2026-11-22T09:00:00.000Z"}' }],
    ["an answer without a body", { path: "/things/1", status: 304, body: "", headers: {} }],
    [
      "a path that is more exact than another",
      { path: "/things/newest", status: 204, body: "", headers: {} },
    ],
    [
      "any type where any is documented",
      { path: "/things/1/bytes", body: "PNG", headers: { "content-type": "image/png" } },
    ],
    [
      "a stream that was not read",
      { path: "/stream", body: null, headers: { "content-type": "text/event-stream" } },
    ],
    ["HEAD, which is GET without a body", { method: "HEAD", body: "" }],
    [
      "what was accepted",
      { method: "POST", requestBody: '{"name":"a"}', status: 201, body: '{"name":"a"}', headers: made },
    ],
    [
      "what was refused, whatever was asked",
      {
        method: "POST",
        requestBody: "{",
        status: 422,
        body: '{"code":"invalid"}',
        headers: { "content-type": problemType },
      },
    ],
    [
      "a path that is none",
      { path: "/x", status: 404, body: '{"code":"not-found"}', headers: { "content-type": problemType } },
    ],
    [
      "a path with two slashes",
      {
        path: "//things",
        status: 404,
        body: '{"code":"not-found"}',
        headers: { "content-type": problemType },
      },
    ],
    [
      "a member of a list that the answer refuses",
      {
        method: "POST",
        path: "/batch",
        requestBody: '{"names":["a",1]}',
        status: 202,
        body: '{"names":[{"index":0},{"index":1,"problem":{}}]}',
      },
    ],
    ["OPTIONS", { method: "OPTIONS", status: 204, body: "", headers: { allow: "GET" } }],
  ])("%s has no problem", (_name, asking) => {
    expect(problems(asking)).toEqual([]);
  });
});

describe("an exchange that the document does not say", () => {
  const made = { "content-type": "application/json", location: "/things/1" };
  const post = {
    method: "POST",
    requestBody: '{"name":"a"}',
    status: 201,
    body: '{"name":"a"}',
    headers: made,
  };
  test.each<readonly [string, Asking, string]>([
    ["a status", { status: 202 }, "the status is not documented"],
    [
      "a header",
      { headers: { "content-type": "application/json", etag: "1" } },
      "the header etag is not documented",
    ],
    [
      "a missing header",
      { ...post, headers: { "content-type": "application/json" } },
      "the header location is missing",
    ],
    [
      "a media type",
      { headers: { "content-type": "text/html" } },
      "the media type text/html is not documented",
    ],
    ["an undocumented field", { body: '[{"name":"a","extra":1}]' }, "must NOT have additional properties"],
    ["a missing field", { body: "[{}]" }, "must have required property 'name'"],
    ["a field that is not what it should be", { body: '[{"name":1}]' }, "/0/name must be string"],
    [
      "an instant that is none",
      { path: "/things/1", body: '{"name":"a","at":"today"}' },
      "must match format",
    ],
    ["text that says it is JSON", { body: "[" }, "not the JSON that it says it is"],
    ["a body where there is none", { path: "/things/1", status: 304, body: "x" }, "none is documented"],
    ["a body to HEAD", { method: "HEAD" }, "HEAD was answered with a body"],
    [
      "an accepted parameter",
      { path: "/things?page=2" },
      "the parameter page was accepted and is not documented",
    ],
    ["an accepted body", { ...post, requestBody: '{"name":"a","size":1}' }, "accepted, and by the document"],
    [
      "an accepted member of a list",
      {
        method: "POST",
        path: "/batch",
        requestBody: '{"names":[1,2]}',
        status: 202,
        body: '{"names":[{"index":0},{"index":1,"problem":{}}]}',
      },
      "/names/0 must be string",
    ],
    ["a route", { path: "/others" }, "the document has no such operation"],
    ["a method", { method: "DELETE" }, "the document has no such operation"],
    ["an error that is no problem", { path: "/x", status: 404, body: "no" }, "it is no problem document"],
    [
      "a problem with an unknown code",
      { path: "/x", status: 404, body: '{"code":"odd"}', headers: { "content-type": problemType } },
      "/code must be equal to one of the allowed values",
    ],
    [
      "OPTIONS without what it is for",
      { method: "OPTIONS", status: 204, body: "", headers: {} },
      "Allow is missing",
    ],
  ])("%s is told", (_name, asking, problem) => {
    expect(problems(asking).join("\n")).toContain(problem);
  });
});

describe("a webhook", () => {
  const sent = {
    type: "thing.made",
    headers: new Headers({ "webhook-id": "1" }),
    body: '{"type":"thing.made"}',
  };

  test("as the document says has no problem", () => {
    expect(check.problemsOfWebhook(sent)).toEqual([]);
  });

  test.each([
    [{ type: "thing.lost" }, "the document has no webhook thing.lost"],
    [{ headers: new Headers() }, "the header webhook-id is missing"],
    [{ body: '{"type":"thing.made","more":1}' }, "must NOT have additional properties"],
  ])("that differs is told: %j", (change, problem) => {
    expect(check.problemsOfWebhook({ ...sent, ...change }).join("\n")).toContain(problem);
  });
});
