import { describe, expect, test } from "vitest";
import { createHouse, type House } from "../testing/house.ts";
import { aDeadLetter, aReplay, ids } from "../testing/rows.ts";

const path = "/v1/replays";
const one = `${path}/${ids.replay}`;
const asked = { filter: { host: "Hooks.example", after: "2026-11-22T08:00:00Z" }, reason: "they were down" };

function houseWith(...change: Parameters<typeof aReplay>): House {
  const house = createHouse();
  house.store.replayRows.set(ids.replay, aReplay(...change));
  return house;
}

/** The frames that come until the stream ends, or until so many have come. */
async function framesOf(response: Response, count: number): Promise<string[]> {
  const frames: string[] = [];
  const reader = response.body?.getReader();
  while (reader !== undefined && frames.length < count) {
    const read = (await reader.read()) as { readonly value?: Uint8Array; readonly done: boolean };
    if (read.done) break;
    frames.push(new TextDecoder().decode(read.value));
  }
  await reader?.cancel();
  return frames;
}

describe("POST /v1/replays", () => {
  test("answers 202 with the operation and where to follow it", async () => {
    const house = createHouse();
    const response = await house.ask("POST", path, {
      body: { ...asked, stopAfterFailureRatio: 0.5, order: "newest" },
    });
    const replay = (await response.json()) as { id: string };
    expect([response.status, response.headers.get("location")]).toEqual([202, `${path}/${replay.id}`]);
    expect(replay).toMatchObject({
      id: expect.stringMatching(/^rpl_/) as string,
      status: "preparing",
      done: false,
      filter: { host: "hooks.example", after: "2026-11-22T08:00:00.000Z" },
      ratePerSecond: 50,
      order: "newest",
      stopAfterFailureRatio: 0.5,
      reason: "they were down",
      counts: { total: 0, waiting: 0, underWay: 0, delivered: 0, failed: 0, skipped: 0 },
      version: 1,
    });
    expect(house.store.replayRows.get(replay.id)?.filter).toEqual({
      host: "hooks.example",
      from: Date.parse("2026-11-22T08:00:00Z"),
    });
  });

  test("a dry run answers 200 with what it would be made of, and makes nothing", async () => {
    const house = createHouse();
    house.store.deadLetters.set(ids.delivery, aDeadLetter());
    const response = await house.ask("POST", path, { body: { ...asked, dryRun: true } });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      dryRun: true,
      count: 1,
      hosts: [{ host: "hooks.example", count: 1 }],
      hostCount: 1,
      oldestDiedAt: "2026-11-22T08:00:01.000Z",
      deliveredSince: 0,
    });
    expect([house.store.replayRows.size, house.store.audit.length]).toEqual([0, 0]);
  });

  test("F117 while one with the same filter is not over, 409 names it", async () => {
    const response = await houseWith({ status: "paused" }).ask("POST", path, { body: asked });
    expect(response.status).toBe(409);
    expect(await response.json()).toMatchObject({
      code: "replay-running",
      replay: { id: ids.replay, status: "paused" },
    });
  });

  test("more than a tenant may have are refused", async () => {
    const house = createHouse();
    house.store.replays.create = async () => ({ kind: "too_many" });
    const response = await house.ask("POST", path, { body: asked });
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([
      409,
      "too-many-replays",
    ]);
  });

  test.each([
    [{ reason: "no filter" }, 422],
    [{ filter: {} }, 422],
    [{ ...asked, ratePerSecond: 0 }, 422],
    [{ ...asked, ratePerSecond: 1_001 }, 422],
    [{ ...asked, ratePerSecond: 0.5 }, 422],
    [{ ...asked, order: "random" }, 422],
    [{ ...asked, stopAfterFailureRatio: 1.1 }, 422],
    [{ ...asked, filter: { code: "nonsense" } }, 422],
    [{ ...asked, filter: { httpStatus: 99 } }, 422],
    [{ ...asked, filter: { after: "yesterday" } }, 422],
    [{ ...asked, filter: { status: ["dead"] } }, 400],
    [{ ...asked, rate: 5 }, 400],
  ])("refuses %j", async (body, code) => {
    const house = createHouse();
    expect((await house.ask("POST", path, { body })).status).toBe(code);
    expect(house.store.replayRows.size).toBe(0);
  });
});

describe("GET /v1/replays", () => {
  test("lists, and a poll of one that has not changed is 304", async () => {
    const house = houseWith();
    expect(await (await house.ask("GET", path)).json()).toMatchObject({
      data: [{ id: ids.replay }],
      nextCursor: null,
    });
    const first = await house.ask("GET", one);
    expect([first.status, first.headers.get("etag"), first.headers.get("retry-after")]).toEqual([
      200,
      '"2"',
      "1",
    ]);
    const headers = { "if-none-match": '"2"' };
    expect((await house.ask("GET", one, { headers })).status).toBe(304);
    house.store.replayRows.set(ids.replay, aReplay({ version: 3 }));
    expect((await house.ask("GET", one, { headers })).status).toBe(200);
  });

  test("one that is over says when it will be gone, and asks nobody to come back", async () => {
    const finishedAt = Date.parse("2026-11-22T09:00:00Z");
    const response = await houseWith({ status: "completed", finishedAt }).ask("GET", one);
    expect(response.headers.has("retry-after")).toBe(false);
    expect(await response.json()).toMatchObject({
      done: true,
      finishedAt: "2026-11-22T09:00:00.000Z",
      expiresAt: "2026-12-22T09:00:00.000Z",
    });
  });
});

describe("GET /v1/replays/{id}/events", () => {
  test("tells the replay as it is, then whenever it changes, and ends with it", async () => {
    const house = houseWith();
    const response = await house.ask("GET", `${one}/events`);
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const frames = framesOf(response, 9);
    const change = (replay: Parameters<typeof aReplay>[0]): void => {
      house.store.replayRows.set(ids.replay, aReplay(replay));
      house.store.tell({ kind: "replay", tenantId: "mine", replayId: ids.replay });
    };
    await new Promise(setImmediate);
    change({ version: 3 });
    await new Promise(setImmediate);
    change({ version: 4, status: "completed", finishedAt: 1 });
    const told = (await frames).map((frame) =>
      /^id: (\d+)\nevent: (\S+)\ndata: \{.*\}\n\n$/.exec(frame)?.slice(1),
    );
    expect(told).toEqual([
      ["2", "replay.progress"],
      ["3", "replay.progress"],
      ["4", "replay.completed"],
    ]);
  });

  test("a client that has seen the end is told not to come back; one that has seen a part is told the rest", async () => {
    const house = houseWith({ status: "canceled", finishedAt: 1, version: 5 });
    const ask = (seen: string) => house.ask("GET", `${one}/events`, { headers: { "last-event-id": seen } });
    expect((await ask("5")).status).toBe(204);
    expect((await framesOf(await ask("4"), 9)).join("")).toMatch(/^id: 5\nevent: replay.canceled\n/);
    expect((await framesOf(await ask("nonsense"), 9)).length).toBe(1);
  });

  test("a drain ends it", async () => {
    const house = houseWith();
    const frames = framesOf(await house.ask("GET", `${one}/events`), 9);
    await new Promise(setImmediate);
    house.drain();
    expect(await frames).toHaveLength(1);
  });
});

describe("pause, resume and cancel", () => {
  test.each([
    ["pause", "running", "paused"],
    ["pause", "paused", "paused"],
    ["resume", "stopped", "preparing"],
    ["resume", "running", "running"],
    ["cancel", "paused", "canceled"],
    ["cancel", "canceled", "canceled"],
  ] as const)("%s of one that is %s answers 200 with one that is %s", async (verb, status, after) => {
    const response = await houseWith({ status }).ask("POST", `${one}/${verb}`);
    expect([response.status, await response.json()]).toMatchObject([200, { status: after }]);
  });

  test.each(["pause", "resume", "cancel"])("%s of one that is completed is 409", async (verb) => {
    const response = await houseWith({ status: "completed" }).ask("POST", `${one}/${verb}`);
    expect([response.status, await response.json()]).toMatchObject([409, { code: "replay-finished" }]);
  });
});
