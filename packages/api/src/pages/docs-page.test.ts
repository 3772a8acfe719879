import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { createHouse } from "../testing/house.ts";
import { curlOf } from "./curl.ts";
import { operationsOf, type Document } from "./docs-document.ts";
import { docsPage } from "./docs-page.ts";

const house = createHouse();
const document = (await (await house.ask("GET", "/openapi.json")).json()) as Document;
const response = await house.ask("GET", "/docs", { key: null });
const text = await response.text();

describe("/docs", () => {
  test("shows every operation, webhook, schema and problem code, and every link within it leads somewhere", () => {
    const ids = new Set([...text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));
    for (const { operation } of operationsOf(document)) expect(ids).toContain(operation.operationId);
    for (const type of Object.keys(document.webhooks)) expect(ids).toContain(`webhook-${type}`);
    for (const name of Object.keys(document.components.schemas)) expect(ids).toContain(`schema-${name}`);
    const targets = [...text.matchAll(/href="#([^"]+)"/g)].map(([, target]) => target);
    expect(targets.filter((target) => !ids.has(target ?? ""))).toEqual([]);
    expect(text).toContain('href="/problems/idempotency-key-reused"');
  });

  test("needs no script, asks nobody else for anything, and forbids both", () => {
    expect(text).not.toMatch(/<script|<iframe|<img|<form|<style| style=| on\w+=| src=/i);
    const sheets = [...text.matchAll(/<link [^>]*href="([^"]+)"/g)].map(([, href]) => href);
    expect(sheets).toEqual(["/docs/style.css"]);
    expect(response.headers.get("content-security-policy")).toBe(
      "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
  });

  test("its stylesheet asks nobody else either", async () => {
    const sheet = await house.ask("GET", "/docs/style.css", { key: null });
    expect(sheet.headers.get("content-type")).toBe("text/css; charset=utf-8");
    expect(await sheet.text()).not.toMatch(/@import|url\(|https?:/);
  });

  test("everything from the document is escaped", () => {
    const evil = `<script>alert("1")</script>'"&`;
    const spoilt = JSON.parse(
      JSON.stringify(document, (name, value: unknown) =>
        typeof value === "string" && !["$ref", "type", "in"].includes(name) ? value + evil : value,
      ),
    ) as Document;
    const page = docsPage(spoilt);
    expect(page).toContain("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&quot;&amp;");
    expect(page).not.toContain("<script");
  });
});

describe("an example's line for the shell", () => {
  /** What curl would be called with, one argument each. */
  function argumentsOf(line: string): readonly string[] {
    const shell = String.raw`curl() { for given; do printf '%s\0' "$given"; done; }` + `\n${line}`;
    const env = { PATH: process.env["PATH"] ?? "", RINGBACK_URL: "http://here", RINGBACK_KEY: "key" };
    return execFileSync("sh", ["-c", shell], { env, encoding: "utf8" }).split("\0").slice(0, -1);
  }

  test("is the request of the example", () => {
    const submit = operationsOf(document).find(({ operation }) => operation.operationId === "submitJob");
    if (submit === undefined) throw new Error("there is no submitJob");
    const parts = argumentsOf(curlOf(submit, "withCallback"));
    expect(parts.slice(0, 5)).toEqual(["-i", "-X", "POST", "http://here/v1/jobs", "-H"]);
    expect(parts).toContain("Authorization: Bearer key");
    expect(parts).toContain("idempotency-key: 3f0b6e3c-0d8b-4d7c-9f58-6f0a4f2d9c11");
    expect(JSON.parse(parts.at(-1) ?? "")).toMatchObject({ kind: "echo", metadata: { team: "blue" } });
  });

  test("runs nothing but curl, whatever stands in the example", () => {
    const evil = '\'; echo run; `echo run` $(echo run) "$HOME" \\';
    const given = { example: { value: evil } };
    const parts = argumentsOf(
      curlOf(
        {
          method: "post",
          path: "/things/{id}",
          operation: {
            operationId: "x",
            tags: [],
            summary: "x",
            "x-scope": "jobs",
            security: [{ key: ["jobs"] }],
            parameters: [
              { name: "id", in: "path", schema: {}, examples: given },
              { name: "q", in: "query", schema: {}, examples: given },
              { name: "x-h", in: "header", schema: {}, examples: given },
            ],
            requestBody: { required: true, content: { "application/json": { schema: {}, examples: given } } },
            responses: {},
          },
        },
        "example",
      ),
    );
    const encoded = encodeURIComponent(evil);
    expect(parts).toEqual([
      ...["-i", "-X", "POST", `http://here/things/${encoded}?q=${encoded}`],
      ...["-H", "Authorization: Bearer key", "-H", `x-h: ${evil}`],
      ...["-H", "content-type: application/json", "-d", JSON.stringify(evil)],
    ]);
  });
});
