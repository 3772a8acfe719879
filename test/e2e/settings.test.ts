import { createServer, type AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { makeApiKey } from "@ringback/core";
import type { ServerHome } from "../support/server-process.ts";
import { waitUntil } from "../support/wait-until.ts";
import { makeHome } from "./e2e-home.ts";

/** The message is on standard output, the line that ends `start` on standard error. */
async function shownOnce(home: ServerHome): Promise<void> {
  await waitUntil(async () => home.output(), {
    holds: (said) => said.includes("callback secret"),
    timeoutMs: 10_000,
    what: "the first start's message",
  });
}

test("a start with wrong settings names all of them at once, with the nearest name, and exits", async () => {
  const home = makeHome();
  onTestFinished(() => home.dispose());

  const exit = await home.startUntilExit({
    PORT: "99999999",
    RINGBACK_ROOT_KEY: "short",
    RINGBACK_ALLOW_NETWORKS: "10.0.0.0/99",
    RINGBACK_LOG_LEVL: "debug",
    RINGBACK_RUN_CONCURRENCY: "-1",
  });

  expect(exit).toEqual({ code: 1, signal: null });
  const said = home.output();
  for (const name of ["PORT", "RINGBACK_ROOT_KEY", "RINGBACK_ALLOW_NETWORKS", "RINGBACK_RUN_CONCURRENCY"]) {
    expect(said).toMatch(new RegExp(`^ *- ${name}\\b`, "m"));
  }
  expect(said).toContain("did you mean RINGBACK_LOG_LEVEL?");
  expect(said).not.toContain("short");
});

test("a handlers module that cannot be loaded stops the start and is named", async () => {
  const home = makeHome({ settings: { RINGBACK_HANDLERS: "./missing.ts" } });
  onTestFinished(() => home.dispose());

  const exit = await home.startUntilExit();

  expect(exit.code).toBe(1);
  expect(home.output()).toContain("./missing.ts");
});

test("the first start makes a key and a callback secret and shows them once", async () => {
  const home = makeHome({ settings: { RINGBACK_ROOT_KEY: "" } });
  onTestFinished(() => home.dispose());
  const first = await home.start();
  await shownOnce(home);
  const key = /rb_live_\w+/.exec(home.output())?.[0] ?? "";
  const secret = /whsec_[\w+/=]+/.exec(home.output())?.[0] ?? "";
  const headers = { authorization: `Bearer ${key}` };

  expect((await fetch(`${first.url}/v1/jobs`, { headers })).status).toBe(200);
  const shown = await fetch(`${first.url}/v1/callback-secret`, { headers });
  expect(await shown.text()).toContain(secret);

  await first.terminate();
  const before = home.output().length;
  const second = await home.start();
  const said = home.output().slice(before);
  expect(said).not.toContain("rb_live_");
  expect(said).not.toContain("whsec_");
  expect((await fetch(`${second.url}/v1/jobs`, { headers })).status).toBe(200);
});

test("a first start that fails makes no key that nobody is shown", async () => {
  const home = makeHome({ settings: { RINGBACK_ROOT_KEY: "" } });
  const taken = createServer();
  onTestFinished(async () => {
    taken.close();
    await home.dispose();
  });
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));

  const exit = await home.startUntilExit({ PORT: String((taken.address() as AddressInfo).port) });
  expect(exit.code).toBe(1);
  expect(home.output()).toMatch(/the port is taken; set PORT/);
  expect(home.output()).not.toContain("rb_live_");

  await home.start();
  await shownOnce(home);
  expect(home.output()).toMatch(/rb_live_\w+/);
});

test("a root key that was replaced opens nothing any more", async () => {
  const random = { unit: () => 0, bytes: (count: number) => crypto.getRandomValues(new Uint8Array(count)) };
  const [earlier, later] = [makeApiKey(random), makeApiKey(random)];
  const home = makeHome();
  onTestFinished(() => home.dispose());
  const statusWith = async (url: string, key: string): Promise<number> =>
    (await fetch(`${url}/v1/jobs`, { headers: { authorization: `Bearer ${key}` } })).status;

  const first = await home.start({ RINGBACK_ROOT_KEY: earlier });
  expect(await statusWith(first.url, earlier)).toBe(200);
  await first.terminate();
  const second = await home.start({ RINGBACK_ROOT_KEY: later });
  expect(await statusWith(second.url, later)).toBe(200);
  expect(await statusWith(second.url, earlier)).toBe(401);
});

test("an idempotent retry gets its job back though the kind's handler has gone since", async () => {
  const home = makeHome();
  onTestFinished(() => home.dispose());
  const body = { kind: "e2e.echo", input: 1 };
  const headers = { "idempotency-key": "kept" };
  const first = await home.start();
  const job = await home.client.expect(202, "/v1/jobs", { method: "POST", headers, body });
  await first.terminate();

  await home.start({ RINGBACK_HANDLERS: "" });
  const again = await home.client.expect(202, "/v1/jobs", { method: "POST", headers, body });
  expect(again.headers.get("idempotency-replayed")).toBe("true");
  expect((again.json as { id: string }).id).toBe((job.json as { id: string }).id);
  await home.client.expect(422, "/v1/jobs", {
    method: "POST",
    headers,
    body: { kind: "e2e.echo", input: 2 },
  });
});
