import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startReceiver, type Receiver } from "../support/receiver.ts";
import type { ServerInProcess } from "../support/server-in-process.ts";
import { startInProcess } from "./e2e-home.ts";

interface HttpResult {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

describe("the built-in http kind", () => {
  let server: ServerInProcess;
  let upstream: Receiver;
  beforeAll(async () => {
    [server, upstream] = await Promise.all([startInProcess(), startReceiver()]);
  });
  afterAll(async () => {
    await Promise.all([server.stop(), upstream.close()]);
  });

  test("calls the upstream and keeps its status, headers and body as the result", async () => {
    upstream.answerWith(() => ({ status: 201, headers: { "x-from": "upstream" }, body: '{"made":true}' }));
    const job = await server.client.submit({
      kind: "http",
      input: {
        url: `${upstream.origin}/slow?id=7`,
        method: "PUT",
        headers: { "x-to": "upstream" },
        body: "the body",
      },
    });

    const done = await server.client.waitForDone(job.id);

    expect(done.status).toBe("succeeded");
    const result = done.result as HttpResult;
    expect(result).toMatchObject({ status: 201, headers: { "x-from": "upstream" } });
    const kept: unknown = typeof result.body === "string" ? JSON.parse(result.body) : result.body;
    expect(kept).toEqual({ made: true });
    const request = upstream.requests.find(({ path }) => path === "/slow?id=7");
    expect(request).toMatchObject({ method: "PUT", headers: { "x-to": "upstream" } });
    expect(request?.body.toString("utf8")).toBe("the body");
  });

  test.each([
    "http://169.254.169.254/latest/meta-data",
    "http://10.0.0.1/",
    "https://[fd00::1]/",
    "http://2852039166/",
  ])("never calls %s: refused at intake, or failed as blocked_address", async (url) => {
    const answer = await server.client.call("/v1/jobs", {
      method: "POST",
      body: { kind: "http", input: { url } },
    });
    if (answer.status === 422) return;
    expect(answer.status).toBe(202);
    const done = await server.client.waitForDone((answer.json as { readonly id: string }).id);
    expect(done).toMatchObject({ status: "failed", error: { code: "blocked_address" } });
    expect(done.runs).toBe(1);
  });
});
