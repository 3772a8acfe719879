import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openIntakeHouse, type IntakeHouse } from "../support/intake-house.ts";
import { rawRequest } from "../support/raw-request.ts";

/** What a tenant can see of everything that a request could change. */
async function everything({ client }: IntakeHouse): Promise<string> {
  const answers = [];
  for (const path of [
    "/v1/jobs",
    "/v1/endpoints",
    "/v1/deliveries",
    "/v1/dead-letters",
    "/v1/callback-secret",
    "/v1/tenants",
    "/v1/audit",
  ])
    answers.push((await client.expect(200, path)).text);
  return answers.join("\n");
}

describe("methods that change nothing, and paths that lead nowhere", () => {
  const closing: (() => Promise<void>)[] = [];
  let house: IntakeHouse;
  let ids: Readonly<Record<string, string>>;
  let paths: readonly string[];
  beforeAll(async () => {
    house = await openIntakeHouse({}, (close) => closing.push(close));
    const { client } = house;
    const job = await client.submit({ kind: "echo" });
    const make = async (path: string, body: object): Promise<string> =>
      ((await client.expect(201, path, { method: "POST", body })).json as { id: string }).id;
    const endpoint = await make("/v1/endpoints", { url: "https://receiver.example/in", events: ["job.*"] });
    const key = await make("/v1/keys", { scopes: ["jobs"] });
    await client.expect(200, `/v1/jobs/${job.id}`, { method: "DELETE" });
    const [delivery] = await client.deliveriesOf(job.id);
    ids = {
      jobs: job.id,
      endpoints: endpoint,
      deliveries: delivery?.id ?? "none",
      "dead-letters": delivery?.id ?? "none",
      keys: key,
      tenants: "default",
    };
    const document = (await client.expect(200, "/openapi.json")).json as { paths: Record<string, unknown> };
    paths = Object.keys(document.paths);
  });
  afterAll(async () => {
    for (const close of closing) await close();
  });

  /** The path with the id of something that exists. */
  function fill(path: string): string {
    const [, , noun = ""] = path.split("/");
    return path.replaceAll(/\{\w+\}/g, ids[noun] ?? "internal");
  }

  function ask(method: string, path: string): Promise<string> {
    const lines = [
      `${method} ${path} HTTP/1.1`,
      "host: x",
      `authorization: Bearer ${house.apiKey}`,
      "connection: close",
    ];
    return rawRequest(house.url, { bytes: `${lines.join("\r\n")}\r\n\r\n`, afterwards: "wait" });
  }

  test.each(["HEAD", "OPTIONS", "TRACE"])(
    "F30 %s on every path of the document has no effect",
    async (method) => {
      expect(paths.length).toBeGreaterThan(15);
      const before = await everything(house);
      for (const path of paths) {
        const answer = await ask(method, fill(path));
        expect([path, answer]).toEqual([
          path,
          expect.stringMatching(/^HTTP\/1\.1 (?:200|204|303|404|405|409) /),
        ]);
        expect(answer.toLowerCase()).toContain("x-content-type-options: nosniff");
        if (method !== "HEAD") expect(answer.toLowerCase()).toContain("allow: ");
        // TRACE would echo the request, and with it the key (RFC 9110 §9.3.8).
        expect(answer).not.toContain(house.apiKey);
      }
      expect(await everything(house)).toBe(before);
    },
  );

  test("F29 no spelling of a guarded path is let through without a key, or does anything with one", async () => {
    const spellings = (path: string): readonly string[] => [
      `/${path}`,
      path.replace("/v1", "/V1"),
      path.replace("/v1/", "/v1//"),
      path.replace("/v1/", "/./v1/"),
      path.replace("/v1/", "/v1/./"),
      path.replace("/v1/", "/healthz/../v1/"),
      path.replace("/v1/", "/%76%31/"),
      path.replace("/v1/", "/v1%2F"),
      path.replace("/v1/", "/v1%5C"),
      path.replace("/v1/", "/v1;x=1/"),
      `${path}/`,
      `${path}%2F`,
      `${path}%00`,
      `${path}?/../../healthz`,
      `${path}#/healthz`,
      `http://other${path}`,
    ];
    for (const path of paths.filter((one) => one.startsWith("/v1/"))) {
      for (const spelled of spellings(fill(path))) {
        const bytes = `GET ${spelled} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`;
        const answer = await rawRequest(house.url, { bytes, afterwards: "wait" });
        expect([spelled, answer]).toEqual([
          spelled,
          expect.stringMatching(/^HTTP\/1\.1 (?:400|401|404|405) /),
        ]);
        expect(answer).toContain("content-type: application/problem+json");
      }
    }
  });
});
