// The master key is changed as the README says, by real processes and under submissions; and what happens with a wrong one.
import { readFileSync } from "node:fs";
import { describe, expect, onTestFinished, test } from "vitest";
import type { DeliveryJson } from "../support/api-shapes.ts";
import { mode } from "../support/mode.ts";
import { startReceiver, type Receiver } from "../support/receiver.ts";
import type { ServerHome, ServerProcess, Settings } from "../support/server-process.ts";
import { waitUntil } from "../support/wait-until.ts";
import { makeHome } from "./e2e-home.ts";
import {
  expectAllDelivered,
  kidOf,
  makeKey,
  own,
  readyz,
  register,
  rowsOf,
  waitForReady,
  whyWrong,
} from "./master-keys-ground.ts";

/** Submits jobs one after the other, whatever becomes of the servers: a submission that fails is made again under its key. */
function startSubmitting(home: ServerHome, receiver: Receiver) {
  const accepted: string[] = [];
  let isOver = false;
  async function submit(n: number): Promise<void> {
    const callback =
      n % 2 === 0 ? { url: `${receiver.origin}/tenant` } : { url: `${receiver.origin}/own`, secret: own };
    const request = {
      method: "POST",
      body: { kind: "e2e.echo", input: n, callback },
      headers: { "idempotency-key": `submission-${n}` },
    };
    await waitUntil(
      async () => {
        const answer = await home.client.call("/v1/jobs", request).catch(() => null);
        if (answer?.status === 202) accepted.push((answer.json as { id: string }).id);
        return answer?.status ?? 0;
      },
      { holds: (status) => status === 202, timeoutMs: 20_000, what: "202" },
    );
  }
  const running = (async () => {
    for (let n = 0; !isOver; n += 1) await submit(n);
  })();
  return {
    accepted,
    async stop() {
      isOver = true;
      await running;
    },
  };
}

/** What clients were given under the first key: a result link, a cursor of the feed, and a lease. */
async function giveOut(home: ServerHome, receiver: Receiver) {
  const { client } = home;
  const input = { characters: 30_000 };
  await client.submit({ kind: "e2e.large", input, callback: { url: `${receiver.origin}/tenant` } });
  const thin = await receiver.waitFor(({ body }) => body.includes("resultUrl"));
  const { resultUrl } = (JSON.parse(thin.body.toString("utf8")) as { data: { resultUrl: string } }).data;
  const link = new URL(resultUrl);
  const { cursor } = await client.feed("limit=1");
  await client.expect(200, "/v1/leases", { method: "POST", body: { kinds: ["leased"], max: 1 } });
  await client.submit({ kind: "leased", input: 1 });
  const leases = await client.expect(200, "/v1/leases", {
    method: "POST",
    body: { kinds: ["leased"], max: 1, wait: 5 },
  });
  const [lease] = (leases.json as { leases: readonly { token: string }[] }).leases;
  return async function stillWork(): Promise<void> {
    const direct = await fetch(new URL(link.pathname + link.search, home.url()));
    expect(direct.status).toBe(200);
    await direct.arrayBuffer();
    await client.expect(200, `/v1/events?after=${encodeURIComponent(cursor)}&limit=1`);
    await client.expect(200, `/v1/leases/${lease?.token ?? ""}/heartbeat`, { method: "POST", body: {} });
  };
}

/** One step of a rotation: the settings from then on, for every process in turn. */
type Step = () => Settings;

/** As the README says it. Embedded: one process, which is started anew. Scale-out: each step reaches every process first. */
function stepsOf(
  home: ServerHome,
  keys: { readonly old: string; readonly next: string },
): readonly [Step, Step, ...Step[]] {
  const { old, next } = keys;
  const changed: Step = () => ({ RINGBACK_MASTER_KEY: next, RINGBACK_FORMER_MASTER_KEYS: keys.old });
  const dropped: Step = () => ({ RINGBACK_MASTER_KEY: next });
  if (mode === "embedded") {
    const fromFile: Step = () => {
      const file = readFileSync(`${home.sqlitePath}.key`, "utf8").trim();
      return { RINGBACK_MASTER_KEY: next, RINGBACK_FORMER_MASTER_KEYS: file };
    };
    return [() => ({}), fromFile, dropped];
  }
  const listed: Step = () => ({ RINGBACK_MASTER_KEY: old, RINGBACK_FORMER_MASTER_KEYS: next });
  return [() => ({ RINGBACK_MASTER_KEY: old }), listed, changed, dropped];
}

/** Brings every process to these settings, one after the other; in scale-out the new one is up before the old one leaves. */
async function roll(home: ServerHome, running: ServerProcess[], settings: Settings): Promise<void> {
  for (const [at, earlier] of running.entries()) {
    if (mode === "embedded") expect((await earlier.terminate()).code).toBe(0);
    const fresh = await home.start(settings);
    await waitForReady(fresh.url);
    if (mode === "scale-out") expect((await earlier.terminate()).code).toBe(0);
    running[at] = fresh;
  }
}

describe("master keys", { timeout: 120_000 }, () => {
  test("the key is changed step by step under submissions: every callback is signed, and links, cursors and leases go on working", async () => {
    const home = makeHome();
    onTestFinished(() => home.dispose());
    const receiver = await startReceiver();
    onTestFinished(() => receiver.close());
    const [old, next] = [makeKey(), makeKey()];
    const [first, ...steps] = stepsOf(home, { old, next });
    const running = [await home.start(first())];
    if (mode === "scale-out") running.push(await home.start(first()));
    const oldKid = mode === "embedded" ? kidOf(readFileSync(`${home.sqlitePath}.key`, "utf8")) : kidOf(old);
    const senders = await register(home, receiver);
    const stillWork = await giveOut(home, receiver);
    const submitting = startSubmitting(home, receiver);
    const dropped = steps.pop();
    for (const step of steps) {
      await roll(home, running, step());
      await stillWork();
      const { length } = submitting.accepted;
      await waitUntil(async () => submitting.accepted.length, {
        holds: (count) => count > length + 2,
        timeoutMs: 20_000,
        what: "more submissions",
      });
    }
    for (const { url } of running) {
      const none = {
        holds: (rows: number | null) => rows === 0,
        timeoutMs: 20_000,
        what: "no row of the old key",
      };
      await waitUntil(() => rowsOf(home, url, oldKid), none);
    }
    expect(home.output()).toContain(`the former key ${oldKid} is no longer needed`);
    await roll(home, running, dropped?.() ?? {});
    await submitting.stop();
    expect(submitting.accepted.length).toBeGreaterThan(5);
    await expectAllDelivered(receiver, submitting.accepted, senders);
    expect(home.output()).not.toContain("master_key_missing");
    for (const key of [old, next]) expect(home.output()).not.toContain(key);
  });

  test("F115 with a wrong key it starts, is not ready and names the right one, seals nothing and sends nothing; with the right key everything arrives", async () => {
    const right = makeKey();
    const home = makeHome({ settings: { RINGBACK_MASTER_KEY: right } });
    onTestFinished(() => home.dispose());
    const receiver = await startReceiver();
    onTestFinished(() => receiver.close());
    const { client } = home;
    const before = await home.start();
    const senders = await register(home, receiver);
    await before.terminate();

    // Forgot to list the former one.
    const wrong = await home.start({ RINGBACK_MASTER_KEY: makeKey() });
    const unready = await readyz(wrong.url);
    expect(unready.status).toBe(503);
    expect(unready.text).toContain(`sealed with the master key ${kidOf(right)}, which is not here`);
    expect(home.output()).toContain('"event":"master_key_missing"');
    const endpoint = { url: `${receiver.origin}/new`, events: ["*"] };
    const refused = { kind: "e2e.echo", callback: { url: `${receiver.origin}/own`, secret: own } };
    for (const [method, path, body] of [
      ["POST", "/v1/jobs", refused],
      ["POST", "/v1/endpoints", endpoint],
      ["POST", `/v1/endpoints/${senders.id}/secret/rotate`, {}],
      ["POST", "/v1/callback-secret/rotate", {}],
      ["POST", "/v1/tenants", { id: "initech" }],
      ["GET", "/v1/callback-secret", undefined],
      ["GET", `/v1/endpoints/${senders.id}`, undefined],
    ] as const) {
      const answer = await client.expect(503, path, { method, ...(body === undefined ? {} : { body }) });
      expect(answer.json, path).toMatchObject({ code: "master-key-missing" });
      expect(answer.headers.get("retry-after")).toBe("30");
      expect(answer.text).toContain(kidOf(right));
    }
    const job = await client.submit({
      kind: "e2e.echo",
      input: 1,
      callback: { url: `${receiver.origin}/tenant` },
    });
    expect((await client.waitForDone(job.id)).status).toBe("succeeded");
    expect((await client.expect(503, "/v1/events")).json).toMatchObject({ code: "master-key-missing" });
    // Both lanes have been claimed, and what is owed has been put off.
    const pending = await waitUntil(() => client.listAll<DeliveryJson>("/v1/deliveries"), {
      holds: (all) => all.length === 2,
      timeoutMs: 10_000,
      what: "two deliveries",
    });
    await waitUntil(() => lanesClaimed(home, wrong.url), {
      holds: (count) => count >= 2,
      timeoutMs: 10_000,
      what: "claims of both lanes",
    });
    expect(receiver.requests).toEqual([]);
    for (const { id } of pending) {
      expect(await client.delivery(id)).toMatchObject({ status: "pending", attempts: [] });
    }
    expect((await wrong.terminate()).code).toBe(0);
    expect(receiver.requests).toEqual([]);

    const again = await home.start();
    expect((await readyz(again.url)).status).toBe(200);
    const [inline, registered] = [
      await receiver.waitFor(({ path }) => path === "/tenant", 45_000),
      await receiver.waitFor(({ path }) => path === "/endpoint", 45_000),
    ];
    for (const request of [inline, registered]) expect(whyWrong(request, senders)).toBeNull();
    await client.expect(201, "/v1/endpoints", { method: "POST", body: endpoint });
  });
});

async function lanesClaimed(home: ServerHome, url: string): Promise<number> {
  const answer = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${home.apiKey}` } });
  return Number(/^ringback_lanes_claimed_total (\d+)$/m.exec(await answer.text())?.[1] ?? 0);
}
