import { Webhook } from "standardwebhooks";
import { expect, onTestFinished, test } from "vitest";
import { startReceiver } from "./receiver.ts";
import { whyUnverified } from "./verify-callback.ts";
import { whsec } from "./whsec.ts";

test("keeps exact bytes, counts requests of one webhook-id, and resolves waits on arrival", async () => {
  const receiver = await startReceiver(({ occurrence }) => (occurrence === 1 ? 500 : 204));
  onTestFinished(() => receiver.close());
  const secret = whsec("receiver");
  const body = '{"text":"größer € ☎"}';
  const now = new Date();
  const send = (): Promise<Response> =>
    fetch(`${receiver.origin}/cb?q=1`, {
      method: "POST",
      body,
      headers: {
        "webhook-id": "evt_1",
        "webhook-timestamp": String(Math.floor(now.getTime() / 1_000)),
        "webhook-signature": new Webhook(secret).sign("evt_1", now, body),
      },
    });
  const second = receiver.waitForCount(2);

  const statuses = [(await send()).status, (await send()).status];

  expect(statuses).toEqual([500, 204]);
  const requests = await second;
  expect(requests.map(({ path, occurrence, answeredStatus }) => [path, occurrence, answeredStatus])).toEqual([
    ["/cb?q=1", 1, 500],
    ["/cb?q=1", 2, 204],
  ]);
  expect(requests.map((request) => whyUnverified(request, secret))).toEqual([null, null]);
  expect(whyUnverified(requests[0]!, whsec("another"))).toMatch(/signature/i);
});

test("resets connections and stays silent when told to", async () => {
  const receiver = await startReceiver(({ path }) => (path === "/reset" ? "reset" : "silence"));
  onTestFinished(() => receiver.close());

  await expect(fetch(`${receiver.origin}/reset`)).rejects.toThrow("fetch failed");
  const silent = fetch(`${receiver.origin}/silence`, { signal: AbortSignal.timeout(5_000) });
  const request = await receiver.waitFor(({ path }) => path === "/silence");
  expect(request.answeredStatus).toBeNull();
  await receiver.close();
  await expect(silent).rejects.toThrow("fetch failed");
});

test("a wait that is not met fails with what was waited for", async () => {
  const receiver = await startReceiver();
  onTestFinished(() => receiver.close());
  await expect(receiver.waitForCount(1, () => true, 20)).rejects.toThrow(
    "after 20 ms still no 1 matching requests",
  );
});
