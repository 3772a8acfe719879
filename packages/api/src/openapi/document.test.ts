import { Validator } from "@seriousme/openapi-schema-validator";
import { describe, expect, test } from "vitest";
import { createExchangeCheck, type OpenApi } from "@ringback/openapi-check";
import { jobEventTypes } from "@ringback/core";
import { createExampleHouse } from "../testing/example-house.ts";
import { problemOf } from "../testing/submitting.ts";
import { exampleWebhook } from "./example-webhook.ts";

interface Document extends OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApi["paths"][string][string] & Said>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

interface Said {
  readonly operationId: string;
  readonly callbacks?: object;
}

const response = await createExampleHouse().ask("GET", "/openapi.json", { key: null });
const text = await response.text();
const document = JSON.parse(text) as Document;
const { routes } = createExampleHouse();

describe("/openapi.json", () => {
  test("is valid OpenAPI 3.1", async () => {
    const validator = new Validator();
    expect(await validator.validate(JSON.parse(text) as Record<string, unknown>)).toEqual({ valid: true });
    expect(validator.version).toBe("3.1");
  });

  test("has every route and nothing else, each under an operationId of its own", () => {
    const described = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const mounted = routes.map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, "{$1}")}`);
    expect(described.toSorted()).toEqual(mounted.toSorted());
    const ids = Object.values(document.paths).flatMap((item) =>
      Object.values(item).map(({ operationId }) => operationId),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("every reference leads to a component, and every component is used", () => {
    const names = [...text.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(([, name = ""]) => name);
    expect([...new Set(names)].toSorted()).toEqual(Object.keys(document.components.schemas).toSorted());
    expect(text).not.toContain("#/$defs/");
  });

  test("every object of an answer is closed, so that no field can appear in silence", () => {
    const open: string[] = [];
    const look = (value: unknown, at: string): void => {
      if (typeof value !== "object" || value === null) return;
      if ("properties" in value && !("additionalProperties" in value) && !("$ref" in value)) open.push(at);
      for (const [name, member] of Object.entries(value)) look(member, `${at}/${name}`);
    };
    look(document.components.schemas, "");
    for (const [path, item] of Object.entries(document.paths)) {
      for (const { responses } of Object.values(item)) look(responses, path);
    }
    expect(open.filter((at) => !at.includes("/examples/"))).toEqual([]);
  });

  test("the path's parameters are all described", () => {
    for (const { path, operation } of routes) {
      const names = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name);
      expect([path, Object.keys(operation.path ?? {})]).toEqual([path, names]);
    }
  });
});

describe("what the document says of requests is what judges them", () => {
  /** As its first example does, which is of something that is there. */
  const filled = ({ path, operation }: (typeof routes)[number]): string =>
    path.replaceAll(/:(\w+)/g, (_, name: string) => operation.examples[0].path?.[name] ?? "missing");

  test.each(routes.filter(({ access }) => access !== "open"))(
    "F28 $method $path refuses a parameter that is not documented",
    async (route) => {
      const refused = await createExampleHouse().ask(route.method, `${filled(route)}?nonsense=1`, {
        headers: { accept: "application/json" },
      });
      expect(await problemOf(refused)).toMatchObject({
        code: "fields-unknown",
        errors: [{ path: "?nonsense" }],
      });
    },
  );

  test.each(routes.filter(({ operation }) => operation.body !== undefined))(
    "F28 $method $path refuses a field that is not documented",
    async (route) => {
      const refused = await createExampleHouse().ask(route.method, filled(route), {
        body: { nonsense: 1 },
        headers: { ...route.operation.examples[0].headers },
      });
      expect(await problemOf(refused)).toMatchObject({
        code: "fields-unknown",
        errors: [{ path: "/nonsense" }],
      });
    },
  );
});

test("a body is documented under each type that it is taken as: a merge patch as both", () => {
  const typesOf = (method: string): string[] => {
    const { requestBody } = document.paths["/v1/endpoints/{id}"]?.[method] ?? {};
    return Object.keys(requestBody?.content ?? {});
  };
  expect(typesOf("patch")).toEqual(["application/json", "application/merge-patch+json"]);
  expect(typesOf("delete")).toEqual(["application/json"]);
});

describe("what Ringback sends", () => {
  test.each(jobEventTypes)("the webhook %s is documented, and its example is what is sent", (type) => {
    const body = JSON.stringify(exampleWebhook(type));
    const names = ["webhook-id", "webhook-timestamp", "webhook-signature", "webhook-attempt"];
    const headers = new Headers(names.map((name) => [name, "1"]));
    expect(createExchangeCheck(document).problemsOfWebhook({ type, headers, body })).toEqual([]);
  });

  test("submitting a job describes the callback it leads to", () => {
    expect(document.paths["/v1/jobs"]?.["post"]?.callbacks).toMatchObject({
      jobEvent: { "{$request.body#/callback/url}": { post: { operationId: "callbackSubmitJob" } } },
    });
  });
});
