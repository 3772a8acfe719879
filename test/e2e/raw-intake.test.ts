import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { JobJson } from "../support/api-shapes.ts";
import { rawRequest } from "../support/raw-request.ts";
import type { ServerHome } from "../support/server-process.ts";
import { waitUntil } from "../support/wait-until.ts";
import { makeHome } from "./e2e-home.ts";

describe("a client that does not behave", () => {
  let home: ServerHome;
  beforeAll(async () => {
    home = makeHome();
    await home.start();
  });
  afterAll(() => home.dispose());

  function head(extra: readonly string[]): string {
    const lines = [
      "POST /v1/jobs HTTP/1.1",
      "host: x",
      `authorization: Bearer ${home.apiKey}`,
      "content-type: application/json",
      ...extra,
    ];
    return `${lines.join("\r\n")}\r\n\r\n`;
  }

  function jobsOf(client: string): Promise<readonly JobJson[]> {
    return home.client.listAll<JobJson>(`/v1/jobs?metadata.client=${client}`);
  }

  /** Whatever the client did, the server goes on. */
  async function expectAlive(): Promise<void> {
    expect((await home.client.call("/readyz")).status).toBe(200);
  }

  test("F3 disconnects in the middle of the body: no job, and the server goes on", async () => {
    const body = JSON.stringify({ kind: "e2e.echo", metadata: { client: "f3" } });

    await rawRequest(home.url(), {
      bytes: head([`content-length: ${body.length + 50}`]) + body,
      afterwards: "reset",
    });

    await expectAlive();
    await expect(jobsOf("f3")).resolves.toEqual([]);
  });

  test("F4 disconnects after the body: the job is accepted, and its key finds it", async () => {
    const body = JSON.stringify({ kind: "e2e.echo", input: 4, metadata: { client: "f4" } });
    const key = { "idempotency-key": "f4" };

    await rawRequest(home.url(), {
      bytes: head([`content-length: ${body.length}`, "idempotency-key: f4"]) + body,
      afterwards: "half-close",
    });

    const [made] = await waitUntil(() => jobsOf("f4"), {
      holds: (jobs) => jobs.length > 0,
      timeoutMs: 5_000,
      what: "job of the client that left",
    });
    const again = await home.client.expect(202, "/v1/jobs", { method: "POST", body, headers: key });
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect((again.json as JobJson).id).toBe(made?.id);
    await expect(jobsOf("f4")).resolves.toHaveLength(1);
  });

  test("F9 sends a body over the limit in chunks: 413", async () => {
    const chunk = `10000\r\n${"x".repeat(0x10000)}\r\n`;

    const answer = await rawRequest(home.url(), {
      bytes: `${head(["transfer-encoding: chunked"])}${chunk.repeat(5)}0\r\n\r\n`,
      afterwards: "half-close",
    });

    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toContain('"code":"body-too-large"');
    await expectAlive();
  });

  test.each([
    [
      "F12 both Content-Length and Transfer-Encoding",
      ["content-length: 5", "transfer-encoding: chunked"],
      400,
    ],
    ["F12 a folded header", ["x-folded: a", " b"], 400],
    ["F19 64 KiB of headers", [`x-large: ${"x".repeat(65_536)}`], 431],
  ] as const)("%s: refused as a problem document", async (_title, lines, status) => {
    const answer = await rawRequest(home.url(), { bytes: `${head(lines)}0\r\n\r\n`, afterwards: "wait" });

    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer).toContain("content-type: application/problem+json");
    await expectAlive();
  });

  test.each(["//v1/jobs", "/v1//jobs", "/V1/jobs", "/v1/jobs/", "/v1/%6aobs", "/v1/./jobs", "/v1/x/../jobs"])(
    "F29 %s without a key is never let through",
    async (path) => {
      const answer = await rawRequest(home.url(), {
        bytes: `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`,
        afterwards: "wait",
      });
      expect(answer).toMatch(/^HTTP\/1\.1 (401|404|405|400) /);
    },
  );

  test.each(["HEAD", "OPTIONS", "TRACE"])("F30 %s has no effect", async (method) => {
    const before = await home.client.listAll<JobJson>("/v1/jobs");
    await rawRequest(home.url(), {
      bytes: head(["content-length: 0", "connection: close"]).replace("POST", method),
      afterwards: "wait",
    });
    await expect(home.client.listAll<JobJson>("/v1/jobs")).resolves.toHaveLength(before.length);
  });
});
