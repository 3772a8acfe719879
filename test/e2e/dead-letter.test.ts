import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DeliveryDetailJson, DeliveryJson, JobJson } from "../support/api-shapes.ts";
import { startReceiver, type Receiver } from "../support/receiver.ts";
import type { ServerInProcess } from "../support/server-in-process.ts";
import { whyUnverified } from "../support/verify-callback.ts";
import { waitUntil } from "../support/wait-until.ts";
import { startInProcess } from "./e2e-home.ts";

interface EndpointJson {
  readonly id: string;
  readonly secret: string;
}

describe("a receiver that fails", () => {
  let server: ServerInProcess;
  let receiver: Receiver;
  beforeAll(async () => {
    [server, receiver] = await Promise.all([startInProcess(), startReceiver()]);
  });
  afterAll(async () => {
    await Promise.all([server.stop(), receiver.close()]);
  });

  async function endpoint(path: string, more: Readonly<Record<string, unknown>> = {}): Promise<EndpointJson> {
    const body = { url: `${receiver.origin}${path}`, events: ["endpoint.test"], retry: [50, 50], ...more };
    return (await server.client.expect(201, "/v1/endpoints", { method: "POST", body })).json as EndpointJson;
  }

  async function onlyDelivery(jobId: string): Promise<DeliveryJson> {
    const [delivery, ...more] = await server.client.deliveriesOf(jobId);
    expect(more).toEqual([]);
    if (delivery === undefined) throw new Error(`job ${jobId} has no delivery`);
    return delivery;
  }

  function status(id: string, wanted: string): Promise<DeliveryDetailJson> {
    return waitUntil(() => server.client.delivery(id), {
      holds: (delivery) => delivery.status === wanted,
      timeoutMs: 10_000,
      what: `delivery that is ${wanted}`,
    });
  }

  test("is retried to its dead letter, explained, redelivered under the same webhook-id, and the dead letter is resolved", async () => {
    const { id: endpointId, secret } = await endpoint("/repaired-later");
    receiver.answerWith(() => ({ status: 500, body: "the receiver's own words" }));
    const job = await server.client.submit({ kind: "e2e.echo", input: "x", callback: { endpointId } });
    const failed = await receiver.waitForCount(3, ({ path }) => path === "/repaired-later");
    await server.client.waitForJob(job.id, ({ callback }) => callback?.deliveries.dead === 1);

    const { id } = await onlyDelivery(job.id);
    const dead = await server.client.delivery(id);
    expect(dead.attempts.map(({ n, outcome, code }) => [n, outcome, code])).toEqual([
      [1, "failed", "http_5xx"],
      [2, "failed", "http_5xx"],
      [3, "failed", "http_5xx"],
    ]);
    expect(dead.attempts[0]?.response).toMatchObject({
      status: 500,
      body: "the receiver's own words",
      truncated: false,
    });
    expect(dead.explain).toMatch(/^Given up after 3 attempts: .*500/);
    const [letter] = await server.client.listAll<DeliveryJson>(`/v1/dead-letters?endpointId=${endpointId}`);
    expect(letter?.id).toBe(id);
    await server.client.expect(200, `/v1/dead-letters/${id}`);

    receiver.answerWith(() => 204);
    await server.client.expect(202, `/v1/dead-letters/${id}/redeliver`, { method: "POST" });
    const delivered = await status(id, "delivered");

    const all = await receiver.waitForCount(4, ({ path }) => path === "/repaired-later");
    expect(new Set(all.map(({ webhookId }) => webhookId)).size).toBe(1);
    expect(new Set(all.map(({ body }) => body.toString("utf8"))).size).toBe(1);
    expect(all.map((request) => whyUnverified(request, secret))).toEqual([null, null, null, null]);
    expect(failed.map(({ headers }) => headers["webhook-attempt"])).toEqual(["1", "2", "3"]);
    expect(delivered.attempts.at(-1)).toMatchObject({ n: 4, trigger: "manual", outcome: "delivered" });
    expect(delivered.explain).toMatch(/^Delivered/);
    await expect(server.client.listAll(`/v1/dead-letters?endpointId=${endpointId}`)).resolves.toEqual([]);
  });

  test("a delivered delivery can be redelivered too, as an attempt of its own", async () => {
    receiver.answerWith(() => 204);
    const { id: endpointId } = await endpoint("/again");
    const job = await server.client.submit({ kind: "e2e.echo", input: 1, callback: { endpointId } });
    await server.client.waitForJob(job.id, ({ callback }) => callback?.deliveries.delivered === 1);
    const { id } = await onlyDelivery(job.id);

    await server.client.expect(202, `/v1/deliveries/${id}/redeliver`, { method: "POST" });

    const [first, second] = await receiver.waitForCount(2, ({ path }) => path === "/again");
    expect(second?.webhookId).toBe(first?.webhookId);
    const delivery = await waitUntil(() => server.client.delivery(id), {
      holds: ({ status, attempts }) => status === "delivered" && attempts.length === 2,
      timeoutMs: 10_000,
      what: "second delivered attempt",
    });
    expect(delivery.attempts.map(({ trigger }) => trigger)).toEqual(["auto", "manual"]);
  });

  test.each([
    ["410 ends it at once", 410, {}, "gone"],
    ["webhook-no-retry ends it at once", 500, { "webhook-no-retry": "true" }, "no_retry"],
  ] as const)("%s", async (_title, answered, headers, code) => {
    const path = `/final-${code}`;
    receiver.answerWith((request) => (request.path === path ? { status: answered, headers } : 204));
    const { id: endpointId } = await endpoint(path);
    const job = await server.client.submit({ kind: "e2e.echo", input: 1, callback: { endpointId } });

    await server.client.waitForJob(job.id, ({ callback }) => callback?.deliveries.dead === 1);

    const delivery = await server.client.delivery((await onlyDelivery(job.id)).id);
    expect(delivery.attempts.map((attempt) => attempt.code)).toEqual([code]);
    expect(receiver.requests.filter((request) => request.path === path)).toHaveLength(1);
  });

  test("F99 a redirect is never followed", async () => {
    const target = await startReceiver();
    receiver.answerWith(() => ({ status: 307, headers: { location: `${target.origin}/elsewhere` } }));
    const { id: endpointId } = await endpoint("/redirects", { retry: [] });
    const job = await server.client.submit({ kind: "e2e.echo", input: 1, callback: { endpointId } });

    await server.client.waitForJob(job.id, ({ callback }) => callback?.deliveries.dead === 1);

    const delivery = await server.client.delivery((await onlyDelivery(job.id)).id);
    expect(delivery.attempts.map(({ code }) => code)).toEqual(["redirect_not_followed"]);
    expect(target.connections()).toBe(0);
    await target.close();
  });

  test("an event fans out: the callback and every endpoint that wants it get it under one webhook-id, each with its own signature", async () => {
    receiver.answerWith(() => 204);
    const [left, right] = await Promise.all([
      endpoint("/fan/left", { events: ["job.succeeded"] }),
      endpoint("/fan/right", { events: ["job.*"] }),
    ]);
    const { id: endpointId, secret } = await endpoint("/fan/callback");

    const job = await server.client.submit({ kind: "e2e.echo", input: "fan", callback: { endpointId } });

    const isOfJob = ({ body, path }: { body: Buffer; path: string }): boolean =>
      path.startsWith("/fan/") && body.includes(job.id) && body.includes("job.succeeded");
    const requests = await receiver.waitForCount(3, isOfJob);
    const secrets: Readonly<Record<string, string>> = {
      "/fan/left": left.secret,
      "/fan/right": right.secret,
      "/fan/callback": secret,
    };
    expect(new Set(requests.map(({ path }) => path))).toEqual(new Set(Object.keys(secrets)));
    expect(requests.map((request) => whyUnverified(request, secrets[request.path] ?? ""))).toEqual([
      null,
      null,
      null,
    ]);
    expect(new Set(requests.map(({ webhookId }) => webhookId)).size).toBe(1);
    const told = JSON.parse(requests[0]?.body.toString("utf8") ?? "") as { readonly data: JobJson };
    expect(told.data.id).toBe(job.id);
  });

  test("F110 429 with Retry-After is obeyed: the next attempt is not earlier", async () => {
    receiver.answerWith((request) =>
      request.path === "/throttles" && request.occurrence === 1
        ? { status: 429, headers: { "retry-after": "1" } }
        : 204,
    );
    const { id: endpointId } = await endpoint("/throttles");
    await server.client.submit({ kind: "e2e.echo", input: 1, callback: { endpointId } });

    const [first, second] = await receiver.waitForCount(2, ({ path }) => path === "/throttles");

    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(995);
  });
});
