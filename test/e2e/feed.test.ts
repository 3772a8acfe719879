import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { FeedItemJson } from "../support/api-shapes.ts";
import type { ApiClient } from "../support/api-client.ts";
import { startReceiver, type Receiver } from "../support/receiver.ts";
import type { ServerInProcess } from "../support/server-in-process.ts";
import { whyUnverified } from "../support/verify-callback.ts";
import { startInProcess } from "./e2e-home.ts";

interface CallbackSecretJson {
  readonly secret: string;
}

describe("the feed", () => {
  let server: ServerInProcess;
  let receiver: Receiver;
  beforeAll(async () => {
    [server, receiver] = await Promise.all([startInProcess(), startReceiver()]);
  });
  afterAll(async () => {
    await Promise.all([server.stop(), receiver.close()]);
  });

  test("carries the same bytes and the same webhook-id as the callback, signed with the tenant's secret", async () => {
    const client = await server.clientOf("same-bytes");
    const { secret } = (await client.expect(200, "/v1/callback-secret")).json as CallbackSecretJson;
    await client.submit({ kind: "e2e.echo", input: "€", callback: { url: `${receiver.origin}/feed` } });
    const request = await receiver.waitFor(({ path }) => path === "/feed");

    const { data } = await client.feed("types=job.succeeded&wait=5");

    const [item, ...more] = data;
    expect(more).toEqual([]);
    expect(item?.id).toBe(request.webhookId);
    expect(item?.body).toBe(request.body.toString("utf8"));
    expect(item?.headers["webhook-id"]).toBe(request.webhookId);
    const asRequest = { headers: item?.headers ?? {}, body: Buffer.from(item?.body ?? "") };
    expect(whyUnverified(asRequest, secret)).toBeNull();
    expect(whyUnverified(request, secret)).toBeNull();
  });

  test("a client that only reads the feed waits without polling, and learns of the end when it is committed", async () => {
    const client = await server.clientOf("waits");
    const { cursor } = await client.feed("limit=1");
    const waiting = client.feed(`after=${encodeURIComponent(cursor)}&wait=30`);

    const job = await client.submit({ kind: "e2e.echo", input: 1 });

    const { data } = await waiting;
    expect(data).toHaveLength(1);
    expect(data[0]?.type).toBe("job.succeeded");
    expect(data[0]?.body).toContain(job.id);
  });

  test("G9 nothing is skipped and nothing repeated while many write at once", async () => {
    const client = await server.clientOf("many");
    const jobCount = 150;
    const submitted = Promise.all(
      Array.from({ length: jobCount }, (_, index) => client.submit({ kind: "e2e.echo", input: index })),
    );

    const items = await readUntil(client, jobCount);

    const jobs = await submitted;
    const told = items.map(({ body }) => (JSON.parse(body) as { data: { id: string } }).data.id);
    expect(new Set(told)).toEqual(new Set(jobs.map(({ id }) => id)));
    expect(told).toHaveLength(jobCount);
  });

  test("F126 a cursor of another tenant, or one that was changed, is refused", async () => {
    const [client, other] = await Promise.all([server.clientOf("cursor-a"), server.clientOf("cursor-b")]);
    const job = await client.submit({ kind: "e2e.echo", input: 1 });
    await client.waitForDone(job.id);
    const { cursor } = await client.feed("wait=5");
    const changed = `${cursor.slice(0, -1)}${cursor.endsWith("A") ? "B" : "A"}`;

    const answers = await Promise.all([
      other.call(`/v1/events?after=${encodeURIComponent(cursor)}`),
      client.call(`/v1/events?after=${encodeURIComponent(changed)}`),
    ]);

    expect(answers.map(({ status, json }) => [status, (json as { code: string }).code])).toEqual([
      [400, "cursor-invalid"],
      [400, "cursor-invalid"],
    ]);
  });
});

/** Follows the cursor in small pages until that many events have been read, and once more to see that none follows. */
async function readUntil(client: ApiClient, count: number): Promise<readonly FeedItemJson[]> {
  const items: FeedItemJson[] = [];
  let query = "limit=7&wait=5";
  while (items.length < count) {
    const page = await client.feed(query);
    if (page.data.length === 0) throw new Error(`the feed ended after ${items.length} of ${count} events`);
    items.push(...page.data);
    query = `limit=7&wait=5&after=${encodeURIComponent(page.cursor)}`;
  }
  const rest = await client.feed(query.replace("wait=5", "wait=0"));
  return [...items, ...rest.data];
}
