import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { JobJson } from "../support/api-shapes.ts";
import { bounded } from "../support/bounded.ts";
import { webhookProblems } from "../support/documented.ts";
import { startReceiver, type ReceivedRequest, type Receiver } from "../support/receiver.ts";
import type { ServerInProcess } from "../support/server-in-process.ts";
import { whyUnverified } from "../support/verify-callback.ts";
import { whsec } from "../support/whsec.ts";
import { startInProcess } from "./e2e-home.ts";

const secret = whsec("main-job");

interface WebhookBody {
  readonly type: string;
  readonly timestamp: string;
  readonly data: JobJson;
}

function bodyOf(request: ReceivedRequest): WebhookBody {
  return JSON.parse(request.body.toString("utf8")) as WebhookBody;
}

describe("the main job", () => {
  let server: ServerInProcess;
  let receiver: Receiver;
  beforeAll(async () => {
    [server, receiver] = await Promise.all([startInProcess(), startReceiver()]);
  });
  afterAll(async () => {
    await Promise.all([server.stop(), receiver.close()]);
  });

  test("the 202 has everything that is needed to go on: Location, Retry-After, ETag, Link and the job", async () => {
    const answer = await server.client.expect(202, "/v1/jobs", {
      method: "POST",
      body: { kind: "e2e.echo", input: { a: [1, "two"] }, metadata: { order: 7 } },
    });

    const job = answer.json as JobJson;
    expect(job).toMatchObject({
      kind: "e2e.echo",
      done: false,
      input: { a: [1, "two"] },
      metadata: { order: 7 },
    });
    expect(answer.headers.get("location")).toBe(`/v1/jobs/${job.id}/status`);
    expect(answer.headers.get("link")).toContain(`</v1/jobs/${job.id}>; rel="self"`);
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(answer.headers.get("etag")).toMatch(/^(W\/)?".+"$/);
  });

  test("it runs, its callback verifies with standardwebhooks, and the poll tells the same", async () => {
    const input = { text: "größer als 1 € ☎", list: [1, 2.5, null, true] };
    const job = await server.client.submit({
      kind: "e2e.echo",
      input,
      callback: { url: `${receiver.origin}/main`, secret },
    });

    const request = await receiver.waitFor(({ path }) => path === "/main");

    expect(whyUnverified(request, secret)).toBeNull();
    expect(await webhookProblems(server.url, request)).toEqual([]);
    expect(request.method).toBe("POST");
    expect(request.headers).toMatchObject({ "content-type": "application/json", "webhook-attempt": "1" });
    expect(request.headers["user-agent"]).toMatch(/^Ringback\/\d/);
    expect(request.webhookId).toMatch(/^evt_/);
    const { type, data } = bodyOf(request);
    expect(type).toBe("job.succeeded");
    const polled = await server.client.waitForDone(job.id);
    expect(polled).toMatchObject({ status: "succeeded", result: input, runs: 1 });
    expect(data.result).toEqual(polled.result);
    expect(data).toMatchObject({ id: job.id, status: "succeeded", done: true });
  });

  test("F120 G5 a poll from inside the callback is never behind the webhook", async () => {
    const count = 50;
    const polls: boolean[] = [];
    const all = Promise.withResolvers<void>();
    receiver.answerWith(async (request) => {
      if (!request.path.startsWith("/inside/")) return 204;
      const told = bodyOf(request).data;
      const polled = await server.client.job(told.id);
      const result = await server.client.call(`/v1/jobs/${told.id}/result`);
      const isEqual = polled.done && isDeepStrictEqual(polled.result, told.result);
      if (polls.push(isEqual && result.status === 200) === count) all.resolve();
      return 204;
    });
    await Promise.all(
      Array.from({ length: count }, (_, index) =>
        server.client.submit({
          kind: "e2e.echo",
          input: { index },
          callback: { url: `${receiver.origin}/inside/${index}`, secret },
        }),
      ),
    );

    await bounded(all.promise, 10_000, () => `${count} polls from inside callbacks, only ${polls.length}`);

    expect(polls.every(Boolean)).toBe(true);
  });

  test("F119 a poll directly after the 202 finds the job, always", async () => {
    const statuses = await Promise.all(
      Array.from({ length: 50 }, async () => {
        const job = await server.client.submit({ kind: "e2e.echo", input: 1 });
        return (await server.client.call(`/v1/jobs/${job.id}`)).status;
      }),
    );

    expect(new Set(statuses)).toEqual(new Set([200]));
  });

  test("a result over 20 kB is left out of the callback, and resultUrl fetches it without a key", async () => {
    const job = await server.client.submit({
      kind: "e2e.large",
      input: { characters: 30_000 },
      callback: { url: `${receiver.origin}/thin`, secret },
    });

    const request = await receiver.waitFor(({ path }) => path === "/thin");

    const { data } = bodyOf(request);
    expect(request.body.length).toBeLessThan(20_000);
    expect(data.result).toBeUndefined();
    const direct = await fetch(data.resultUrl ?? "");
    expect(direct.status).toBe(200);
    const withKey = await server.client.expect(200, `/v1/jobs/${job.id}/result`);
    expect(await direct.text()).toBe(withKey.text);
    expect(withKey.json).toEqual({ text: "x".repeat(30_000) });
    const forged = new URL(data.resultUrl ?? "");
    forged.searchParams.set("token", `${forged.searchParams.get("token") ?? ""}x`);
    expect((await fetch(forged)).status).toBeGreaterThanOrEqual(401);
  });

  test("a binary result is kept byte for byte under its own content type", async () => {
    const job = await server.client.submit({ kind: "e2e.bytes" });
    await server.client.waitForDone(job.id);

    const answer = await server.client.expect(200, `/v1/jobs/${job.id}/result`);

    expect(answer.headers.get("content-type")).toContain("application/octet-stream");
    expect([...answer.bytes]).toEqual([0, 1, 254, 255]);
  });
});
