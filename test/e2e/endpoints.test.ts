// Endpoints over the wire: tried out, changed, signed in every form, rotated, paced, and deleted.
import { verify as verifyGithub } from "@octokit/webhooks-methods";
import { Stripe } from "stripe";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { verify } from "@ringback/signature";
import type { DeliveryDetailJson, DeliveryJson } from "../support/api-shapes.ts";
import type { ApiAnswer } from "../support/api-client.ts";
import { startReceiver, type Receiver, type Script } from "../support/receiver.ts";
import type { ServerInProcess } from "../support/server-in-process.ts";
import { whyUnverified } from "../support/verify-callback.ts";
import { waitUntil as observeUntil } from "../support/wait-until.ts";
import { startInProcess } from "./e2e-home.ts";

interface EndpointJson {
  readonly id: string;
  readonly secret: string;
  readonly publicKeys: readonly string[];
  readonly url: string;
}

let server: ServerInProcess;
beforeAll(async () => {
  server = await startInProcess();
});
afterAll(() => server.stop());

async function receiving(script?: Script): Promise<Receiver> {
  const receiver = await startReceiver(script);
  onTestFinished(() => receiver.close());
  return receiver;
}

const post = (path: string, body: object = {}, status = 200): Promise<ApiAnswer> =>
  server.client.expect(status, path, { method: "POST", body });

async function register(url: string, over: object = {}): Promise<EndpointJson> {
  const endpoint = (await post("/v1/endpoints", { url, ...over }, 201)).json as EndpointJson;
  // Nobody's later test is to hear of what happens here.
  onTestFinished(
    () =>
      void server.client.call(`/v1/endpoints/${endpoint.id}`, { method: "DELETE" }).catch(() => undefined),
  );
  return endpoint;
}

function waitUntil(isSo: () => Promise<boolean>): Promise<boolean> {
  return observeUntil(isSo, { holds: (so) => so, what: "state that was waited for", timeoutMs: 10_000 });
}

async function oweTo(endpoint: EndpointJson, count = 1): Promise<void> {
  const callback = { endpointId: endpoint.id, events: ["job.succeeded"] };
  await Promise.all(
    Array.from({ length: count }, (_, n) =>
      server.client.submit({ kind: "e2e.echo", input: { name: "Zoë 🚀", n }, callback }),
    ),
  );
}

test("a test is sent now, signed, also to a paused endpoint, and the answer reports its attempt", async () => {
  const receiver = await receiving(() => ({ status: 200, body: "thanks" }));
  const endpoint = await register(`${receiver.origin}/hook?token=x`);
  await post(`/v1/endpoints/${endpoint.id}/pause`);
  const answer = (await post(`/v1/endpoints/${endpoint.id}/test`)).json as DeliveryDetailJson;
  expect(answer).toMatchObject({ eventType: "endpoint.test", status: "delivered" });
  expect(answer.attempts).toMatchObject([
    {
      n: 1,
      trigger: "test",
      outcome: "delivered",
      url: `${receiver.origin}/hook`,
      response: { status: 200 },
    },
  ]);
  const [request] = receiver.requests;
  expect(request?.path).toBe("/hook?token=x");
  expect(request === undefined ? "none" : whyUnverified(request, endpoint.secret)).toBeNull();
});

test("a test that fails says why, once, and leaves no dead letter", async () => {
  const receiver = await receiving(() => 500);
  const endpoint = await register(receiver.origin);
  const answer = (await post(`/v1/endpoints/${endpoint.id}/test`)).json as DeliveryDetailJson;
  expect(answer).toMatchObject({ status: "canceled", code: "http_5xx", attempts: [{ n: 1 }] });
  expect(answer.explain).toContain("answered 500");
  expect((await server.client.call(`/v1/dead-letters/${answer.id}`)).status).toBe(404);
  expect(receiver.requests).toHaveLength(1);
});

test("F116 an endpoint that is changed while it fails is called at its new URL, with its new headers", async () => {
  const old = await receiving(() => 503);
  const moved = await receiving();
  const endpoint = await register(`${old.origin}/old`, { retry: [1_000, 1_000, 1_000] });
  await oweTo(endpoint);
  await old.waitFor(() => true);
  await server.client.expect(200, `/v1/endpoints/${endpoint.id}`, {
    method: "PATCH",
    headers: { "content-type": "application/merge-patch+json" },
    body: JSON.stringify({ url: `${moved.origin}/new`, headers: { "X-Team": "blue" } }),
  });
  const request = await moved.waitFor(({ path }) => path === "/new");
  expect(request.headers["x-team"]).toBe("blue");
  const [owed] = await server.client.listAll<DeliveryJson>(`/v1/deliveries?endpointId=${endpoint.id}`);
  await waitUntil(async () => (await server.client.delivery(owed?.id ?? "")).status === "delivered");
  const { attempts } = await server.client.delivery(owed?.id ?? "");
  expect(attempts.at(0)?.url).toBe(`${old.origin}/old`);
  expect(attempts.at(-1)?.url).toBe(`${moved.origin}/new`);
});

test("F114 after a rotation both secrets verify what is sent", async () => {
  const receiver = await receiving();
  const endpoint = await register(receiver.origin);
  const rotated = (await post(`/v1/endpoints/${endpoint.id}/secret/rotate`, { overlapMs: 60_000 }))
    .json as EndpointJson;
  await oweTo(endpoint);
  const request = await receiver.waitFor(() => true);
  for (const secret of [endpoint.secret, rotated.secret]) expect(whyUnverified(request, secret)).toBeNull();
  await post(`/v1/endpoints/${endpoint.id}/secret/rotate`, { overlapMs: 0 });
  await oweTo(endpoint);
  const [, later] = await receiver.waitForCount(2);
  if (later === undefined) throw new Error("there is no second request");
  for (const secret of [endpoint.secret, rotated.secret]) expect(whyUnverified(later, secret)).not.toBeNull();
});

test("a pair's webhooks verify with the published keys, before and after a rotation", async () => {
  const receiver = await receiving();
  const endpoint = await register(receiver.origin, { signature: "standard-ed25519" });
  expect(endpoint).not.toHaveProperty("secret");
  await post(`/v1/endpoints/${endpoint.id}/secret/rotate`, { overlapMs: 60_000 });
  const published = await server.client.expect(200, `/v1/endpoints/${endpoint.id}/public-keys`);
  const { data } = published.json as { data: { publicKey: string }[] };
  expect(data).toHaveLength(2);
  expect(data[1]?.publicKey).toBe(endpoint.publicKeys[0]);
  await oweTo(endpoint);
  const { headers, body } = await receiver.waitFor(() => true);
  for (const { publicKey } of data) {
    expect(verify({ headers, body, secrets: [publicKey], now: Date.now() }).ok).toBe(true);
  }
});

test("the forms of GitHub and Stripe verify with their vendors' libraries", async () => {
  const receiver = await receiving();
  const github = await register(`${receiver.origin}/github`, { signature: "github" });
  const stripe = await register(`${receiver.origin}/stripe`, { signature: "stripe" });
  await oweTo(github);
  await oweTo(stripe);
  const toGithub = await receiver.waitFor(({ path }) => path === "/github");
  const hub = toGithub.headers["x-hub-signature-256"] ?? "";
  expect(await verifyGithub(github.secret, toGithub.body.toString(), hub)).toBe(true);
  expect(toGithub.headers).toMatchObject({
    "x-github-event": "job.succeeded",
    "x-github-delivery": toGithub.webhookId,
  });
  const { body, headers } = await receiver.waitFor(({ path }) => path === "/stripe");
  const event = Stripe.webhooks.constructEvent(body, headers["stripe-signature"] ?? "", stripe.secret);
  expect(event.type).toBe("job.succeeded");
});

test("concurrency is exact: no more than maxInFlight are in flight at the receiver", async () => {
  let inFlight = 0;
  let most = 0;
  const receiver = await receiving(async () => {
    inFlight += 1;
    most = Math.max(most, inFlight);
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    inFlight -= 1;
    return 204;
  });
  const endpoint = await register(receiver.origin, { maxInFlight: 2 });
  await oweTo(endpoint, 30);
  await receiver.waitForCount(30);
  expect(most).toBeLessThanOrEqual(2);
});

test("rate is exact: no second sees more attempts begin than ratePerSecond", async () => {
  const receiver = await receiving();
  const endpoint = await register(receiver.origin, { ratePerSecond: 10 });
  await oweTo(endpoint, 15);
  await receiver.waitForCount(15);
  const owed = await server.client.listAll<DeliveryJson>(`/v1/deliveries?endpointId=${endpoint.id}`);
  await waitUntil(async () => {
    const all = await server.client.listAll<DeliveryJson>(`/v1/deliveries?endpointId=${endpoint.id}`);
    return all.every(({ status }) => status === "delivered");
  });
  const details = await Promise.all(owed.map(({ id }) => server.client.delivery(id)));
  const begun = details.map(({ attempts }) => Date.parse(attempts[0]?.startedAt ?? ""));
  for (const at of begun) {
    expect(begun.filter((other) => other >= at && other < at + 1_000).length).toBeLessThanOrEqual(10);
  }
});

test("an ordered endpoint gets its events one by one in their order, and a failure holds up the rest", async () => {
  let failures = 0;
  const receiver = await receiving(({ webhookId }) => {
    const isThird = receiver.requests.findIndex((request) => request.webhookId === webhookId) === 2;
    if (isThird && failures < 2) {
      failures += 1;
      return 500;
    }
    return 204;
  });
  const endpoint = await register(receiver.origin, { ordered: true, retry: [300, 300, 300] });
  for (let n = 0; n < 6; n += 1) await oweTo(endpoint);
  await receiver.waitForCount(8);
  const feed = await server.client.feed("limit=200");
  const order = feed.data.map(({ id }) => id);
  const sent = receiver.requests.map(({ webhookId }) => webhookId);
  const firsts = [...new Set(sent)];
  expect(firsts).toEqual(firsts.toSorted((one, other) => order.indexOf(one) - order.indexOf(other)));
  expect(sent.filter((id) => id === firsts[2])).toHaveLength(3);
  expect(sent.slice(2, 5)).toEqual([firsts[2], firsts[2], firsts[2]]);
});

test("F116 a deleted endpoint's pending deliveries are canceled, counted in the answer, and explained", async () => {
  const receiver = await receiving();
  const endpoint = await register(receiver.origin);
  await post(`/v1/endpoints/${endpoint.id}/pause`);
  await oweTo(endpoint, 3);
  await waitUntil(
    async () => (await server.client.listAll(`/v1/deliveries?endpointId=${endpoint.id}`)).length === 3,
  );
  const answer = await server.client.expect(200, `/v1/endpoints/${endpoint.id}`, { method: "DELETE" });
  expect(answer.json).toEqual({
    id: endpoint.id,
    deleted: true,
    deliveries: { canceled: 3, inFlight: 0 },
  });
  for (const { id } of await server.client.listAll<DeliveryJson>(
    `/v1/deliveries?endpointId=${endpoint.id}`,
  )) {
    const detail = await server.client.delivery(id);
    expect(detail).toMatchObject({ status: "canceled", code: "endpoint_deleted" });
    expect(detail.explain).toContain("its endpoint was deleted");
    const again = await server.client.call(`/v1/deliveries/${id}/redeliver`, { method: "POST" });
    expect([again.status, (again.json as { code: string }).code]).toEqual([409, "endpoint-deleted"]);
    expect(await server.client.delivery(id)).toEqual(detail);
  }
  expect((await server.client.call(`/v1/endpoints/${endpoint.id}`)).status).toBe(404);
  expect(receiver.requests).toEqual([]);
});

test("an operator's endpoint is told when an endpoint is gone and paused, and of the delivery that died with it", async () => {
  const receiver = await receiving(({ path }) => (path === "/gone" ? 410 : 204));
  const gone = await register(`${receiver.origin}/gone`);
  await register(`${receiver.origin}/operators`, { events: ["endpoint.*", "delivery.dead"] });
  await oweTo(gone);
  await receiver.waitForCount(2, ({ path }) => path === "/operators");
  const told = receiver.requests
    .filter(({ path }) => path === "/operators")
    .map(({ body }) => JSON.parse(body.toString()) as { type: string; data: Record<string, unknown> });
  expect(told.map(({ type }) => type).toSorted()).toEqual(["delivery.dead", "endpoint.paused"]);
  expect(told.every(({ data }) => data["endpointId"] === gone.id)).toBe(true);
});
