import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  beginReplay,
  endpointThatGivesUp,
  manyDeadLetters,
  replayThat,
  type DeadLetterJson,
} from "../support/dead-letters.ts";
import type { ProblemJson } from "../support/api-shapes.ts";
import { startReceiver, type Receiver } from "../support/receiver.ts";
import type { ServerInProcess } from "../support/server-in-process.ts";
import { startInProcess } from "./e2e-home.ts";

const kind = "e2e.echo";
const count = 10;
const isDone = { holds: ({ done }: { readonly done: boolean }) => done, what: "is over" };

describe("a replay", () => {
  let server: ServerInProcess;
  let receiver: Receiver;
  let endpointId: string;
  let letters: readonly DeadLetterJson[];
  let round = 0;
  beforeAll(async () => {
    [server, receiver] = await Promise.all([startInProcess(), startReceiver()]);
  });
  afterAll(async () => {
    await Promise.all([server.stop(), receiver.close()]);
  });
  /** Each test has an endpoint of its own, and ten that have died of it. */
  beforeEach(async () => {
    round += 1;
    receiver.answerWith(() => 400);
    endpointId = await endpointThatGivesUp(server.client, `${receiver.origin}/round-${round}`);
    letters = await manyDeadLetters(server.client, { count, endpointId, kind });
  });
  const ofThisRound = ({ path }: { readonly path: string }) => path === `/round-${round}`;
  const filter = () => ({ endpointId });
  const post = (id: string, verb: string) =>
    server.client.call(`/v1/replays/${id}/${verb}`, { method: "POST", body: { reason: "why" } });

  test("is tried dry, then sends each once under its webhook-id, with the trigger replay, and tells how it went", async () => {
    const dry = await server.client.expect(200, "/v1/replays", {
      method: "POST",
      body: { filter: filter(), dryRun: true, reason: "just looking" },
    });
    expect(dry.json).toEqual({
      dryRun: true,
      count,
      hosts: [{ host: new URL(receiver.origin).host, count }],
      hostCount: 1,
      oldestDiedAt: letters.at(-1)?.diedAt,
      deliveredSince: 0,
    });
    receiver.answerWith(() => 204);
    const { id } = await beginReplay(server.client, { filter: filter(), ratePerSecond: 100 });
    const done = await replayThat(server.client, id, isDone);
    expect(done).toMatchObject({
      status: "completed",
      counts: { total: count, delivered: count, waiting: 0, underWay: 0, failed: 0, skipped: 0 },
    });
    const sent = receiver.requests.filter(ofThisRound);
    const timesById = Map.groupBy(sent, ({ webhookId }) => webhookId);
    expect(timesById.size).toBe(count);
    expect(sent).toHaveLength(2 * count);
    const { attempts } = await server.client.delivery(letters[0]?.id ?? "");
    expect(attempts.map(({ trigger }) => trigger)).toEqual(["auto", "replay"]);
    expect(await server.client.listAll(`/v1/dead-letters?endpointId=${endpointId}`)).toEqual([]);
    const after = await server.client.expect(200, "/v1/replays", {
      method: "POST",
      body: { filter: filter(), dryRun: true, reason: "just looking" },
    });
    expect(after.json).toMatchObject({ count: 0, deliveredSince: count });
  });

  test("is streamed until it is over", async () => {
    receiver.answerWith(() => 204);
    const { id } = await beginReplay(server.client, { filter: filter(), ratePerSecond: 1_000 });
    const { text, headers } = await server.client.expect(200, `/v1/replays/${id}/events`);
    expect(headers.get("content-type")).toBe("text/event-stream");
    const frames = text.split("\n\n").filter((frame) => frame.startsWith("id: "));
    const versions = frames.map((frame) => Number(/^id: (\d+)/.exec(frame)?.[1]));
    expect(versions).toEqual(versions.toSorted((left, right) => left - right));
    expect(frames.at(-1)).toMatch(/^id: \d+\nevent: replay.completed\ndata: .*"delivered":10/);
    const seen = { "last-event-id": String(versions.at(-1)) };
    expect((await server.client.call(`/v1/replays/${id}/events`, { headers: seen })).status).toBe(204);
  });

  test("F117 is paused, refuses a second one meanwhile, is resumed at its rate, and canceled leaves the rest as it was", async () => {
    receiver.answerWith(() => 204);
    const { id } = await beginReplay(server.client, { filter: filter(), ratePerSecond: 4, order: "newest" });
    await replayThat(server.client, id, {
      holds: ({ counts }) => counts.delivered > 0,
      what: "has sent one",
    });
    expect((await post(id, "pause")).json).toMatchObject({ status: "paused", done: false });
    const second = await server.client.expect(409, "/v1/replays", {
      method: "POST",
      body: { filter: filter(), reason: "again" },
    });
    expect(second.json).toMatchObject({ code: "replay-running", replay: { id, status: "paused" } });
    await server.client.expect(200, (second.json as ProblemJson).type);
    expect((await post(id, "resume")).status).toBe(200);
    await replayThat(server.client, id, { holds: ({ counts }) => counts.delivered > 3, what: "goes on" });
    const canceled = (await post(id, "cancel")).json as { counts: { waiting: number } };
    expect(canceled).toMatchObject({ status: "canceled", done: true });
    expect((await post(id, "resume")).status).toBe(409);
    const left = await server.client.listAll<DeadLetterJson>(
      `/v1/dead-letters?endpointId=${endpointId}&limit=200`,
    );
    expect(left.length).toBeGreaterThanOrEqual(canceled.counts.waiting);
    expect(left.at(-1)?.id).toBe(letters.at(-1)?.id);
    const audit = (await server.client.expect(200, `/v1/audit?subject=${id}`)).json as {
      data: { action: string; reason: string }[];
    };
    expect(audit.data.map(({ action }) => action)).toEqual([
      "replay.canceled",
      "replay.resumed",
      "replay.paused",
      "replay.created",
    ]);
    expect(audit.data.at(-1)?.reason).toBe("the receiver was repaired");
  });

  test("stops by itself when too much of it fails, and leaves the rest alone until it is resumed", async () => {
    const { id } = await beginReplay(server.client, {
      filter: filter(),
      ratePerSecond: 1,
      stopAfterFailureRatio: 0.1,
    });
    const stopped = await replayThat(server.client, id, {
      holds: ({ status }) => status === "stopped",
      what: "has stopped",
    });
    expect(stopped.counts.failed).toBeGreaterThanOrEqual(count / 2);
    expect(stopped.counts.waiting).toBeGreaterThan(0);
    receiver.answerWith(() => 204);
    expect((await post(id, "resume")).status).toBe(200);
    const { counts } = await replayThat(server.client, id, { ...isDone, timeoutMs: 15_000 });
    expect(counts.delivered + counts.failed).toBe(count);
    expect(counts.delivered).toBeGreaterThanOrEqual(stopped.counts.waiting);
  });
});
