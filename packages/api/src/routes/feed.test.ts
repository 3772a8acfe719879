import { describe, expect, test } from "vitest";
import { verify } from "@ringback/signature";
import { createHouse, type House } from "../testing/house.ts";
import { aJob, ids } from "../testing/rows.ts";

interface FeedBody {
  readonly data: {
    readonly id: string;
    readonly type: string;
    readonly job?: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
  }[];
  readonly cursor: string;
  readonly hasMore: boolean;
}

function houseWithEvents(...types: string[]): House {
  const house = createHouse();
  house.store.jobs.set(ids.job, aJob());
  for (const type of types) house.store.changeJob(ids.job, {}, type);
  return house;
}

async function feed(house: House, query = "", key?: string): Promise<FeedBody> {
  const response = await house.ask("GET", `/v1/events${query}`, key === undefined ? {} : { key });
  expect(response.status).toBe(200);
  return (await response.json()) as FeedBody;
}

describe("GET /v1/events", () => {
  test("carries the signed bytes and headers of a webhook, which verify like one", async () => {
    const house = houseWithEvents("job.succeeded");
    const { data } = await feed(house);
    const [event] = data;
    const [stored] = house.store.events;
    expect(event).toMatchObject({ id: stored?.id, type: "job.succeeded", job: ids.job, body: stored?.body });
    expect(event?.headers).toMatchObject({ "webhook-id": stored?.id, "content-type": "application/json" });
    const [current] = house.store.secrets.get("mine") ?? [];
    const verdict = verify({
      headers: event?.headers ?? {},
      body: event?.body ?? "",
      secrets: [current?.secret ?? ""],
      now: house.clock.now(),
    });
    expect(verdict.ok).toBe(true);
  });

  test("G9 begins at the oldest and goes on by cursor, skipping and repeating nothing", async () => {
    const house = houseWithEvents("job.queued", "job.started", "job.progress", "job.succeeded", "job.failed");
    const seen: string[] = [];
    let query = "?limit=2";
    for (let page = await feed(house, query); ; page = await feed(house, query)) {
      seen.push(...page.data.map(({ type }) => type));
      query = `?limit=2&after=${page.cursor}`;
      if (!page.hasMore) break;
    }
    expect(seen).toEqual(["job.queued", "job.started", "job.progress", "job.succeeded", "job.failed"]);
    const { data, cursor } = await feed(house, query);
    expect(data).toEqual([]);
    house.store.changeJob(ids.job, {}, "job.canceled");
    expect((await feed(house, `?after=${cursor}`)).data.map(({ type }) => type)).toEqual(["job.canceled"]);
  });

  test.each([
    "?types=job.succeeded,job.failed",
    "?types=job.s*d,job.f*&limit=1",
    "?types=job.succeeded&types=job.failed",
  ])("G9 with %s what does not match is passed over and what matches is not", async (first) => {
    const types = ["job.queued", "job.succeeded", "job.queued", "job.failed", "job.canceled"];
    const house = houseWithEvents(...types, ...types);
    const seen: string[] = [];
    let query = first;
    for (let page = await feed(house, query); ; page = await feed(house, query)) {
      seen.push(...page.data.map(({ type }) => type));
      query = `${first}&after=${page.cursor}`;
      if (!page.hasMore) break;
    }
    expect(seen).toEqual(["job.succeeded", "job.failed", "job.succeeded", "job.failed"]);
  });

  test("a pattern that nothing matches does not look at the same events again", async () => {
    const house = houseWithEvents("job.queued", "job.queued");
    const { cursor } = await feed(house, "?types=job.f*");
    house.store.changeJob(ids.job, {}, "job.failed");
    expect((await feed(house, `?types=job.f*&after=${cursor}`)).data).toHaveLength(1);
  });

  test("a rare type behind many events costs a bounded number of rows an answer, and each goes on behind the last", async () => {
    const house = houseWithEvents(...Array<string>(5_000).fill("job.queued"), "job.failed");
    const seen: string[] = [];
    let query = "?types=job.failed&wait=60";
    let answers = 0;
    for (let page = await feed(house, query); ; page = await feed(house, query)) {
      answers += 1;
      expect(house.store.feedRows).toBeLessThanOrEqual(2_000);
      house.store.feedRows = 0;
      seen.push(...page.data.map(({ type }) => type));
      query = `?types=job.failed&after=${page.cursor}`;
      if (!page.hasMore) break;
      expect(page.data).toEqual([]);
    }
    expect([answers, seen]).toEqual([3, ["job.failed"]]);
  });

  test("who waits for a type looks only at what is new, not again at what did not match", async () => {
    const house = houseWithEvents(...Array<string>(300).fill("job.queued"));
    const waiting = feed(house, "?wait=60&types=job.failed");
    await armed(house);
    expect(house.store.feedRows).toBe(300);
    house.store.changeJob(ids.job, {}, "job.failed");
    expect((await waiting).data.map(({ type }) => type)).toEqual(["job.failed"]);
    expect(house.store.feedRows).toBe(301);
  });

  test("undelivered=true leaves out what some receiver has taken, and goes on behind it", async () => {
    const house = houseWithEvents("job.queued", "job.started", "job.failed", "job.queued", "job.failed");
    const eventIds = house.store.events.map(({ id }) => id);
    for (const at of [0, 2, 3]) house.store.taken.add(eventIds[at] ?? "");
    const all = await feed(house, "?undelivered=true");
    expect(all.data.map(({ id }) => id)).toEqual([eventIds[1], eventIds[4]]);
    expect((await feed(house, `?after=${all.cursor}`)).data).toEqual([]);
    const first = await feed(house, "?undelivered=true&limit=1");
    expect([first.data[0]?.id, first.hasMore]).toEqual([eventIds[1], true]);
    const rest = await feed(house, `?undelivered=true&limit=1&after=${first.cursor}`);
    expect([rest.data.map(({ id }) => id), rest.hasMore]).toEqual([[eventIds[4]], false]);
    const failed = await feed(house, "?undelivered=true&types=job.failed");
    expect(failed.data.map(({ id }) => id)).toEqual([eventIds[4]]);
    expect((await feed(house, "?undelivered=false")).data).toHaveLength(5);
  });

  test("undelivered=true among thousands of taken ones costs a bounded number of rows an answer", async () => {
    const house = houseWithEvents(...Array<string>(2_100).fill("job.queued"));
    for (const { id } of house.store.events.slice(0, -1)) house.store.taken.add(id);
    const { data, cursor, hasMore } = await feed(house, "?undelivered=true&wait=60");
    expect([data, hasMore, house.store.feedRows]).toEqual([[], true, 2_000]);
    expect((await feed(house, `?undelivered=true&after=${cursor}`)).data).toHaveLength(1);
  });

  test("undelivered=true with wait is told of the next event when it is committed, taken or not yet", async () => {
    const house = houseWithEvents("job.queued");
    house.store.taken.add(house.store.events[0]?.id ?? "");
    const waiting = feed(house, "?undelivered=true&wait=60");
    await armed(house);
    house.store.changeJob(ids.job, {}, "job.failed");
    expect((await waiting).data.map(({ type }) => type)).toEqual(["job.failed"]);
  });

  test("wait answers at once when there is something", async () => {
    const { data } = await feed(houseWithEvents("job.failed"), "?wait=60");
    expect(data).toHaveLength(1);
  });

  test("F122 wait answers when something is committed, and reads the store only then", async () => {
    const house = houseWithEvents();
    const waiting = feed(house, "?wait=60");
    await armed(house);
    expect(house.store.feedReads).toBe(1);
    house.store.tell({ kind: "event", tenantId: "theirs" });
    house.clock.advance(30_000);
    expect(house.store.feedReads).toBe(1);
    house.store.changeJob(ids.job, {}, "job.succeeded");
    expect((await waiting).data).toHaveLength(1);
    expect(house.clock.armed).toBe(0);
  });

  test("wait goes on when what was committed is not what is waited for", async () => {
    const house = houseWithEvents();
    const waiting = feed(house, "?wait=10&types=job.failed");
    await armed(house);
    house.store.changeJob(ids.job, {}, "job.started");
    while (house.store.feedReads < 2) await new Promise((resolve) => setImmediate(resolve));
    await armed(house);
    house.store.changeJob(ids.job, {}, "job.failed");
    expect((await waiting).data.map(({ type }) => type)).toEqual(["job.failed"]);
  });

  test("wait ends with an empty page after its time", async () => {
    const house = houseWithEvents();
    const waiting = feed(house, "?wait=5");
    await armed(house);
    house.clock.advance(5_250);
    expect(await waiting).toMatchObject({ data: [], hasMore: false });
  });

  test("F121 wait ends with the present state when the server drains", async () => {
    const house = houseWithEvents();
    const waiting = feed(house, "?wait=60");
    await armed(house);
    house.drain();
    expect(await waiting).toMatchObject({ data: [], hasMore: false });
    expect(await feed(house, "?wait=60")).toMatchObject({ data: [] });
  });

  test("a client that gives up leaves nothing behind", async () => {
    const house = houseWithEvents();
    const leaving = new AbortController();
    const waiting = house.app.request("/v1/events?wait=60", {
      headers: { authorization: `Bearer ${house.makeKey("mine", "jobs")}` },
      signal: leaving.signal,
    });
    await armed(house);
    leaving.abort();
    await waiting;
    expect(house.clock.armed).toBe(0);
  });

  test("F126 another tenant's or a changed cursor is refused", async () => {
    const house = houseWithEvents("job.queued");
    const { cursor } = await feed(house);
    const key = house.makeKey("theirs", "jobs");
    for (const [after, options] of [
      [cursor, { key }],
      [`${cursor}A`, {}],
      ["0", {}],
    ] as const) {
      const response = await house.ask("GET", `/v1/events?after=${after}`, options);
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ code: "cursor-invalid" });
    }
    expect((await feed(house, "", key)).data).toEqual([]);
  });

  test("a cursor older than what the feed still has is 410 cursor-expired, and says what to do", async () => {
    const house = houseWithEvents("job.queued", "job.started", "job.succeeded");
    const { cursor: old } = await feed(house, "?limit=1");
    const { cursor: recent } = await feed(house, "?limit=2");
    house.store.floors.set("mine", { seq: 2, toldAt: Date.UTC(2026, 9, 23, 9) });
    for (const query of ["", "&wait=60", "&types=job.succeeded"]) {
      const response = await house.ask("GET", `/v1/events?after=${old}${query}`);
      expect(response.status).toBe(410);
      expect(await response.json()).toMatchObject({
        code: "cursor-expired",
        detail:
          "The feed no longer has all that was told after this cursor: events up to 2026-10-23T09:00:00.000Z have left it. " +
          "Look up what you have missed with GET /v1/jobs, and go on without `after`, which begins at the oldest event there is.",
      });
    }
    expect((await feed(house, `?after=${recent}`)).data.map(({ type }) => type)).toEqual(["job.succeeded"]);
  });

  test("a reader without a cursor begins at the oldest event there is, and is given a cursor that holds", async () => {
    const house = houseWithEvents("job.queued", "job.started");
    house.store.floors.set("mine", { seq: 1, toldAt: house.clock.now() });
    const first = await feed(house);
    expect(first.data.map(({ type }) => type)).toEqual(["job.started"]);
    house.store.floors.set("mine", { seq: 2, toldAt: house.clock.now() });
    for (const query of ["", "?types=job.failed"]) {
      const { data, cursor } = await feed(house, query);
      expect(data).toEqual([]);
      expect(await feed(house, `?after=${cursor}`)).toMatchObject({ data: [], hasMore: false });
    }
    const { cursor } = await feed(house);
    house.store.changeJob(ids.job, {}, "job.failed");
    expect((await feed(house, `?after=${cursor}`)).data.map(({ type }) => type)).toEqual(["job.failed"]);
  });

  test("what was found before the feed lost its next events is still told; the next call hears of the loss", async () => {
    const house = houseWithEvents("job.failed", ...Array<string>(600).fill("job.queued"));
    const { readFeed } = house.store.reads;
    let reads = 0;
    house.store.reads.readFeed = (tenantId, page) => {
      reads += 1;
      if (reads === 3) house.store.floors.set("mine", { seq: 550, toldAt: house.clock.now() });
      return readFeed(tenantId, page);
    };
    const { data, cursor, hasMore } = await feed(house, "?types=job.failed");
    expect([data.map(({ type }) => type), hasMore]).toEqual([["job.failed"], true]);
    expect((await house.ask("GET", `/v1/events?types=job.failed&after=${cursor}`)).status).toBe(410);
  });

  test("who waits with a cursor that expires meanwhile is told so", async () => {
    const house = houseWithEvents("job.queued");
    const { cursor } = await feed(house);
    const waiting = house.ask("GET", `/v1/events?wait=60&after=${cursor}`);
    await armed(house);
    house.store.floors.set("mine", { seq: 9, toldAt: house.clock.now() });
    house.store.tell({ kind: "event", tenantId: "mine" });
    expect((await waiting).status).toBe(410);
  });

  test.each(["wait=61", "wait=x", "limit=0", "types=a%20b", "undelivered=yes"])(
    "?%s is refused",
    async (query) => {
      expect((await createHouse().ask("GET", `/v1/events?${query}`)).status).toBe(400);
    },
  );
});

/** Until the request waits: it has armed its deadline. */
async function armed(house: House): Promise<void> {
  for (let turn = 0; house.clock.armed === 0; turn += 1) {
    if (turn > 1_000) throw new Error("it never waited");
    await new Promise((resolve) => setImmediate(resolve));
  }
}
