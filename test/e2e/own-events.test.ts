import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ApiClient } from "../support/api-client.ts";
import type { DeliveryJson, PageJson } from "../support/api-shapes.ts";
import { startReceiver, type Receiver } from "../support/receiver.ts";
import type { ServerInProcess } from "../support/server-in-process.ts";
import { whyUnverified } from "../support/verify-callback.ts";
import { waitUntil } from "../support/wait-until.ts";
import { startInProcess } from "./e2e-home.ts";

interface EndpointJson {
  readonly id: string;
  readonly secret: string;
}

interface ToldJson {
  readonly event: { readonly id: string; readonly type: string };
  readonly deliveries: number;
}

const data = '{ "n": 12345678901234567890, "b": 1.0, "a": "€" }';

describe("events of the operator's own", () => {
  let server: ServerInProcess;
  let receiver: Receiver;
  beforeAll(async () => {
    [server, receiver] = await Promise.all([startInProcess(), startReceiver()]);
  });
  afterAll(async () => {
    await Promise.all([server.stop(), receiver.close()]);
  });

  const register = async (
    client: ApiClient,
    path: string,
    events: readonly string[],
  ): Promise<EndpointJson> => {
    const body = { url: `${receiver.origin}${path}`, events };
    return (await client.expect(201, "/v1/endpoints", { method: "POST", body })).json as EndpointJson;
  };
  const tell = async (client: ApiClient, body: unknown, headers = {}): Promise<ToldJson> =>
    (await client.expect(202, "/v1/events", { method: "POST", body, headers })).json as ToldJson;

  test("reach every endpoint that wants them in the bytes that came, signed, under one webhook-id, and the feed", async () => {
    const client = await server.clientOf("own-events");
    const [first, second] = [
      await register(client, "/first", ["invoice.*"]),
      await register(client, "/second", ["*"]),
    ];
    await register(client, "/other", ["job.*"]);

    const { event, deliveries } = await tell(client, `{"type":"invoice.paid","data":${data}}`);

    expect(deliveries).toBe(2);
    for (const [path, { secret }] of [
      ["/first", first],
      ["/second", second],
    ] as const) {
      const request = await receiver.waitFor((one) => one.path === path);
      expect(request.webhookId).toBe(event.id);
      expect(whyUnverified(request, secret)).toBeNull();
      expect(request.body.toString("utf8")).toMatch(/^\{"type":"invoice.paid","timestamp":"[^"]+","data":/);
      expect(request.body.toString("utf8").endsWith(`,"data":${data}}`)).toBe(true);
      const feed = await client.feed("types=invoice.*");
      expect(feed.data.map(({ id, body }) => [id, body])).toEqual([
        [event.id, request.body.toString("utf8")],
      ]);
    }
    expect(receiver.requests.some(({ path }) => path === "/other")).toBe(false);
  });

  test("sent again with the same key they are told once, and answered as the first time", async () => {
    const client = await server.clientOf("own-events-once");
    await register(client, "/once", ["*"]);
    const headers = { "idempotency-key": "once" };
    const answers = await Promise.all(
      Array.from({ length: 10 }, () =>
        client.expect(202, "/v1/events", { method: "POST", body: { type: "a", data: 1 }, headers }),
      ),
    );
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    const replays = answers.filter(({ headers: told }) => told.get("idempotency-replayed") === "true");
    expect(replays).toHaveLength(9);
    expect((await client.feed("wait=0")).data).toHaveLength(1);
    const reused = { method: "POST", headers, body: { kind: "e2e.echo" } };
    expect((await client.call("/v1/jobs", reused)).json).toMatchObject({ code: "idempotency-key-reused" });
  });

  test("G2 a paused endpoint holds them; what nobody has taken is in the feed of the undelivered until it is", async () => {
    const client = await server.clientOf("own-events-held");
    const { id } = await register(client, "/held", ["*"]);
    await client.expect(200, `/v1/endpoints/${id}/pause`, { method: "POST", body: {} });
    const { event, deliveries } = await tell(client, { type: "a", data: 1 });
    expect(deliveries).toBe(1);
    const list = async (): Promise<DeliveryJson | undefined> => {
      const page = (await client.expect(200, "/v1/deliveries")).json as PageJson<DeliveryJson>;
      return page.data[0];
    };
    expect(await list()).toMatchObject({ status: "pending", held: true, eventId: event.id });
    const undelivered = async (): Promise<readonly string[]> =>
      (await client.feed("undelivered=true")).data.map((one) => one.id);
    expect(await undelivered()).toEqual([event.id]);
    expect(receiver.requests.some(({ path }) => path === "/held")).toBe(false);

    await client.expect(200, `/v1/endpoints/${id}/resume`, { method: "POST", body: {} });

    await receiver.waitFor(({ path }) => path === "/held");
    const gone = { holds: (ids: readonly string[]) => ids.length === 0, timeoutMs: 10_000 };
    await waitUntil(undelivered, { ...gone, what: "feed without the event that was taken" });
    expect((await list())?.status).toBe("delivered");
  });
});
