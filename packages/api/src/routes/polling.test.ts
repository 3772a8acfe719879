// Clients that poll: what an answer of 304 costs, and that it is never given for anything but the present state.
import { describe, expect, test } from "vitest";
import { createHouse, type House } from "../testing/house.ts";
import { aJob, ids } from "../testing/rows.ts";

const path = `/v1/jobs/${ids.job}`;
const known = { headers: { "if-none-match": '"1"' } };

interface PollSetUp {
  readonly isAlone?: boolean;
  readonly requestsPerMinute?: number;
}

/** One poll has been answered, so the job has been seen. */
async function polledOnce({ isAlone = true, ...settings }: PollSetUp = {}): Promise<House> {
  const house = createHouse(settings);
  house.store.isAlone = isAlone;
  house.store.jobs.set(ids.job, aJob({ createdAt: house.clock.now() }));
  expect((await house.ask("GET", path, known)).status).toBe(304);
  return house;
}

describe("polling a job that does not change", () => {
  test("F118 a thousand polls of it read nothing where this process alone writes", async () => {
    const { ask, store } = await polledOnce();
    const [reads, looks] = [store.jobReads, store.looks];
    for (let poll = 0; poll < 1_000; poll += 1) expect((await ask("GET", path, known)).status).toBe(304);
    expect([store.jobReads - reads, store.looks - looks]).toEqual([0, 0]);
  });

  test("F118 elsewhere each looks at its version only", async () => {
    const { ask, store } = await polledOnce({ isAlone: false });
    const [reads, looks] = [store.jobReads, store.looks];
    for (let poll = 0; poll < 10; poll += 1) expect((await ask("GET", path, known)).status).toBe(304);
    expect([store.jobReads - reads, store.looks - looks]).toEqual([0, 10]);
  });

  test("F118 every such answer has the ETag, the rate and a Retry-After that follows the job's age", async () => {
    const { ask, clock } = await polledOnce();
    clock.advance(60_000);
    const { headers } = await ask("GET", path, known);
    expect([headers.get("etag"), headers.get("retry-after")]).toEqual(['"1"', "5"]);
    expect(headers.get("ratelimit")).toMatch(/^"default";r=\d+;t=\d+$/);
    expect(headers.get("x-request-id")).toMatch(/^req_/);
  });

  test("F118 a key that polls too often is told when to come again", async () => {
    const { ask } = await polledOnce({ requestsPerMinute: 3 });
    const statuses: number[] = [];
    for (let poll = 0; poll < 4; poll += 1) statuses.push((await ask("GET", path, known)).status);
    expect(statuses).toEqual([304, 304, 429, 429]);
    expect((await ask("GET", path, known)).headers.get("retry-after")).toBe("20");
  });
});

describe.each([true, false])("what was seen before is not the last word (alone: %s)", (isAlone) => {
  test("F119 F127 a change shows at the next poll", async () => {
    const { ask, store } = await polledOnce({ isAlone });
    store.changeJob(ids.job, { status: "running" });
    const changed = await ask("GET", path, known);
    expect([changed.status, changed.headers.get("etag")]).toEqual([200, '"2"']);
    expect((await ask("GET", path, { headers: { "if-none-match": '"2"' } })).status).toBe(304);
  });

  test("F123 a job whose time is over is 410, and later 404, also to who has its version", async () => {
    const { ask, store, clock } = await polledOnce({ isAlone });
    const [finishedAt, expiresAt] = [clock.now(), clock.now() + 1_000];
    store.changeJob(ids.job, { status: "succeeded", finishedAt, expiresAt });
    const same = { headers: { "if-none-match": '"2"' } };
    await ask("GET", path);
    expect((await ask("GET", path, same)).status).toBe(304);
    clock.advance(1_000);
    expect((await ask("GET", path, same)).status).toBe(410);
    clock.advance(30 * 24 * 3_600_000);
    expect((await ask("GET", path, same)).status).toBe(404);
  });

  test("F124 another tenant's key finds nothing, whatever version it names", async () => {
    const { ask, makeKey } = await polledOnce({ isAlone });
    const key = makeKey("theirs", "jobs");
    for (const name of ['"1"', "*"]) {
      const answer = await ask("GET", path, { key, headers: { "if-none-match": name } });
      expect(answer.status).toBe(404);
    }
  });

  test("a key without the scope is refused, and a revoked one at once", async () => {
    const { ask, makeKey, store } = await polledOnce({ isAlone });
    expect((await ask("GET", path, { ...known, key: makeKey("mine", "metrics") })).status).toBe(403);
    const key = makeKey("mine", "jobs");
    expect((await ask("GET", path, { ...known, key })).status).toBe(304);
    const { id } = [...store.keys.values()].at(-1) ?? {};
    expect((await ask("POST", `/v1/keys/${id}/revoke`)).status).toBe(200);
    expect((await ask("GET", path, { ...known, key })).status).toBe(401);
  });
});

describe("the short way to an answer", () => {
  /** A poll as it comes off the wire, with the key of another house's client. */
  function poll(key: string, ...more: readonly string[]) {
    const rawHeaders = [
      "Host",
      "ringback.test",
      "Authorization",
      `Bearer ${key}`,
      "If-None-Match",
      '"1"',
      ...more,
    ];
    return { method: "GET", url: path, rawHeaders };
  }

  async function keyInUse(isAlone: boolean): Promise<{ readonly house: House; readonly key: string }> {
    const house = await polledOnce({ isAlone });
    const key = house.makeKey("mine", "jobs");
    await house.ask("GET", path, { key });
    return { house, key };
  }

  test.each([true, false])(
    "is the answer of the whole way, header by header (alone: %s)",
    async (isAlone) => {
      const { house, key } = await keyInUse(isAlone);
      const headers = { host: "ringback.test", authorization: `Bearer ${key}`, "x-request-id": "mine" };
      const whole = await house.app.request(path, { headers: { ...headers, ...known.headers } });
      const short = await house.shortPoll(poll(key, "X-Request-Id", "mine"));
      expect(short?.status).toBe(whole.status);
      const { ratelimit, ...others } = Object.fromEntries(whole.headers);
      expect(ratelimit).toBe('"default";r=59998;t=1');
      expect(short?.headers).toEqual({ ...others, ratelimit: '"default";r=59997;t=1' });
    },
  );

  test.each([
    ["a key sent twice", ["authorization", "Bearer other"]],
    ["two lists of versions", ["If-None-Match", '"2"']],
    ["two hosts", ["host", "other.test"]],
    ["a client that waits", ["Prefer", "wait=5"]],
    ["a body", ["Content-Length", "2"]],
    ["a body without a length", ["Transfer-Encoding", "chunked"]],
  ])("is not taken by a request with %s", async (_, more) => {
    const { house, key } = await keyInUse(true);
    expect(house.shortPoll(poll(key, ...more))).toBeNull();
    expect(house.shortPoll(poll(key))).not.toBeNull();
  });

  test("is not taken by another method, path or host than a poll has", async () => {
    const { house, key } = await keyInUse(true);
    const plain = poll(key);
    const odd = plain.rawHeaders.map((text) => (text === "ringback.test" ? "a b" : text));
    const url = `${path}?verbose`;
    for (const request of [{ method: "HEAD" }, { url }, { url: `${path}/status` }, { rawHeaders: odd }]) {
      expect(house.shortPoll({ ...plain, ...request })).toBeNull();
    }
  });

  test("counts nothing that it leaves to the app", async () => {
    const { house, key } = await keyInUse(true);
    const left = async (): Promise<string | null> =>
      (await house.ask("GET", path, { key, headers: known.headers })).headers.get("ratelimit");
    const before = await left();
    for (let times = 0; times < 10; times += 1) void house.shortPoll(poll(key, "Prefer", "wait=5"));
    expect([before, await left()]).toEqual([
      expect.stringContaining("r=59998"),
      expect.stringContaining("r=59997"),
    ]);
  });
});
