import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { endpointThatGivesUp, manyDeadLetters, type DeadLetterJson } from "../support/dead-letters.ts";
import type { ProblemJson } from "../support/api-shapes.ts";
import { startReceiver, type Receiver } from "../support/receiver.ts";
import type { ServerInProcess } from "../support/server-in-process.ts";
import { waitUntil } from "../support/wait-until.ts";
import { startInProcess } from "./e2e-home.ts";

const kind = "e2e.echo";

describe("dead letters at the support desk", () => {
  let server: ServerInProcess;
  let receiver: Receiver;
  let endpointId: string;
  let letters: readonly DeadLetterJson[];
  beforeAll(async () => {
    [server, receiver] = await Promise.all([startInProcess(), startReceiver(() => 500)]);
    endpointId = await endpointThatGivesUp(server.client, `${receiver.origin}/orders`);
    letters = await manyDeadLetters(server.client, { count: 6, endpointId, kind });
    const other = await endpointThatGivesUp(server.client, `${receiver.origin}/invoices`);
    receiver.answerWith(() => 404);
    await manyDeadLetters(server.client, { count: 2, endpointId: other, kind });
  });
  afterAll(async () => {
    await Promise.all([server.stop(), receiver.close()]);
  });
  const list = (query: string) => server.client.listAll<DeadLetterJson>(`/v1/dead-letters?${query}`);
  const one = async (id: string) =>
    (await server.client.expect(200, `/v1/dead-letters/${id}`)).json as DeadLetterJson;
  const post = (id: string, what: string, body?: object) =>
    server.client.call(`/v1/dead-letters/${id}/${what}`, { method: "POST", ...(body && { body }) });

  test("are found by what they died of, whose they are, when, and by a text, alone and together", async () => {
    const [newest] = letters;
    const host = new URL(receiver.origin).host;
    const counts = await Promise.all(
      [
        "limit=3",
        `host=${host}`,
        "code=http_5xx",
        "httpStatus=404",
        "httpStatus=404&code=http_5xx",
        `endpointId=${endpointId}&httpStatus=500&code=http_5xx&host=${host}&status=dead`,
        `jobId=${newest?.jobId}`,
        "text=/invoices",
        `text=${newest?.eventId}`,
        `text=${newest?.id.slice(8, 24)}`,
        "text=/invoices&code=http_5xx",
        `after=${newest?.diedAt}&endpointId=${endpointId}`,
        "before=2026-01-01T00:00:00Z",
        "state=discarded",
      ].map(async (query) => (await list(query)).length),
    );
    expect(counts.slice(0, 11)).toEqual([8, 8, 6, 2, 0, 6, 1, 2, 1, expect.any(Number), 0]);
    expect(counts[9]).toBeGreaterThanOrEqual(1);
    expect(counts[11]).toBeGreaterThanOrEqual(1);
    expect(counts.slice(12)).toEqual([0, 0]);
    const deliveries = await server.client.listAll("/v1/deliveries?text=/invoices&status=dead&limit=1");
    expect(deliveries).toHaveLength(2);
  });

  test("are counted by cause, with a way to all of one cause", async () => {
    const answer = await server.client.expect(200, "/v1/dead-letters/groups");
    const groups = answer.json as { data: { count: number; code: string; links: { deadLetters: string } }[] };
    expect(groups).toMatchObject({
      groups: 2,
      deadLetters: 8,
      data: [
        {
          host: new URL(receiver.origin).host,
          code: "http_5xx",
          httpStatus: 500,
          count: 6,
          sample: letters[0]?.id,
        },
        { code: "http_4xx", httpStatus: 404, count: 2 },
      ],
    });
    expect(await server.client.listAll(groups.data[0]?.links.deadLetters ?? "")).toHaveLength(6);
  });

  test("are exported as lines, each as it stands in the list", async () => {
    const answer = await server.client.expect(200, `/v1/dead-letters?endpointId=${endpointId}`, {
      headers: { accept: "application/x-ndjson" },
    });
    expect(answer.headers.get("content-type")).toBe("application/x-ndjson");
    const lines = answer.text.trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(await list(`endpointId=${endpointId}`));
  });

  test("say when they will be gone: 30 days after they died", async () => {
    const letter = await one(letters[5]?.id ?? "");
    expect(Date.parse(letter.expiresAt ?? "") - Date.parse(letter.diedAt)).toBe(30 * 86_400_000);
  });

  test("one is not resolved by a redelivery that was asked for, nor by one that fails, but by one that arrives", async () => {
    const id = letters[4]?.id ?? "";
    const answered = Promise.withResolvers<number>();
    receiver.answerWith(() => answered.promise);
    expect((await post(id, "redeliver")).status).toBe(202);
    await receiver.waitForCount(2, ({ webhookId }) => webhookId === letters[4]?.eventId);
    expect(await one(id)).toMatchObject({ state: "open", status: "pending" });
    answered.resolve(503);
    await waitUntil(() => one(id), {
      holds: ({ status }) => status === "dead",
      timeoutMs: 5_000,
      what: "death",
    });
    expect(await one(id)).toMatchObject({ state: "open", reason: "throttled" });
    receiver.answerWith(() => 204);
    expect((await post(id, "redeliver")).status).toBe(202);
    const resolved = await waitUntil(() => one(id), {
      holds: ({ state }) => state === "resolved",
      timeoutMs: 5_000,
      what: "resolved dead letter",
    });
    expect(resolved.status).toBe("delivered");
    expect((await list(`endpointId=${endpointId}`)).map((letter) => letter.id)).not.toContain(id);
    const late = await post(id, "discard", { reason: "too late" });
    expect(late.status).toBe(409);
    await server.client.expect(200, (late.json as ProblemJson).type);
  });

  test("one is discarded with a reason that the audit knows, keeps its note, and may still be redelivered", async () => {
    const id = letters[3]?.id ?? "";
    await server.client.expect(200, `/v1/dead-letters/${id}`, { method: "PATCH", body: { note: "ask Ann" } });
    const reason = "the order was sent by mail";
    const discarded = (await post(id, "discard", { reason })).json;
    expect(discarded).toMatchObject({ id, state: "discarded", discardReason: reason, note: "ask Ann" });
    expect(await list(`text=${id}`)).toEqual([]);
    expect(await list(`text=${id}&state=discarded`)).toHaveLength(1);
    const audit = (await server.client.expect(200, `/v1/audit?subject=${id}`)).json;
    expect(audit).toMatchObject({
      data: [
        { action: "dead_letter.discarded", reason },
        { action: "dead_letter.noted", details: { note: "ask Ann" } },
      ],
    });
    receiver.answerWith(() => 204);
    expect((await post(id, "redeliver")).status).toBe(202);
    await waitUntil(() => one(id), {
      holds: ({ state }) => state === "resolved",
      timeoutMs: 5_000,
      what: "resolved dead letter",
    });
  });
});
