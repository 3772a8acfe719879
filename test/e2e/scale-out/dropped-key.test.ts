// A former master key that one process has dropped while something still needed it.
import { expect, onTestFinished, test } from "vitest";
import { startReceiver } from "../../support/receiver.ts";
import { whyUnverified } from "../../support/verify-callback.ts";
import { waitUntil } from "../../support/wait-until.ts";
import { makeHome } from "../e2e-home.ts";
import { kidOf, makeKey, readyz } from "../master-keys-ground.ts";

test(
  "a process that dropped the former key too early is not ready and names it, and becomes ready when another one has sealed everything again",
  { timeout: 60_000 },
  async () => {
    const home = makeHome();
    onTestFinished(() => home.dispose());
    const receiver = await startReceiver();
    onTestFinished(() => receiver.close());
    const [old, next] = [makeKey(), makeKey()];
    const oldKid = kidOf(old);
    const before = await home.start({ RINGBACK_MASTER_KEY: old });
    const registered = await home.client.expect(201, "/v1/endpoints", {
      method: "POST",
      body: { url: `${receiver.origin}/early`, events: ["endpoint.test"] },
    });
    const { id, secret: endpointSecret } = registered.json as { id: string; secret: string };
    await before.terminate();

    const early = await home.start({ RINGBACK_MASTER_KEY: next });
    const unready = await readyz(early.url);
    expect(unready.status).toBe(503);
    expect(unready.text).toContain(`the master key ${oldKid}, which is not here`);

    const rotating = await home.start({ RINGBACK_MASTER_KEY: next, RINGBACK_FORMER_MASTER_KEYS: old });
    expect((await readyz(rotating.url)).status).toBe(200);
    await waitUntil(() => readyz(early.url), {
      holds: ({ status }) => status === 200,
      timeoutMs: 20_000,
      what: "readiness of the one that dropped the key",
    });
    await rotating.terminate();
    const answer = await fetch(`${early.url}/v1/endpoints/${id}/test`, {
      method: "POST",
      headers: { authorization: `Bearer ${home.apiKey}` },
    });
    expect(answer.status).toBe(200);
    const request = await receiver.waitFor(({ path }) => path === "/early");
    expect(whyUnverified(request, endpointSecret)).toBeNull();
    for (const key of [old, next]) expect(home.output()).not.toContain(key);
  },
);
