import { describe, expect, onTestFinished, test } from "vitest";
import type { Clock } from "@ringback/core";
import { createTestDatabase } from "../../support/mode.ts";
import { startReceiver } from "../../support/receiver.ts";
import { whyUnverified } from "../../support/verify-callback.ts";
import { whsec } from "../../support/whsec.ts";
import { startInProcess } from "../e2e-home.ts";

const tenMinutesMs = 600_000;

/** A machine whose wall clock is wrong by so much; its timers are right. */
function clockOffBy(offMs: number): Clock {
  return {
    now: () => Date.now() + offMs,
    monotonicMs: () => performance.now(),
    after(delayMs, wake) {
      const timer = setTimeout(wake, delayMs);
      timer.unref();
      return () => clearTimeout(timer);
    },
  };
}

describe.each([
  ["ahead", tenMinutesMs],
  ["behind", -tenMinutesMs],
])("F55 a machine whose clock is 10 minutes %s", (_name, offMs) => {
  test("takes no lease away, signs with the right time, and sends nothing early", async () => {
    const database = await createTestDatabase();
    onTestFinished(() => database.drop());
    const [receiver, right, wrong] = await Promise.all([
      startReceiver(({ path, occurrence }) => (path === "/retried" && occurrence === 1 ? 500 : 204)),
      startInProcess({ database, settings: { RINGBACK_ROLE: "api" } }),
      startInProcess({ database, clock: clockOffBy(offMs), settings: { RINGBACK_ROLE: "dispatcher" } }),
    ]);
    for (const one of [right, wrong]) onTestFinished(() => one.stop());
    onTestFinished(() => receiver.close());
    const [runner, sweeper] = [
      await startInProcess({ database, settings: { RINGBACK_ROLE: "runner" } }),
      await startInProcess({
        database,
        clock: clockOffBy(offMs),
        settings: { RINGBACK_ROLE: "runner", RINGBACK_HANDLERS: "", RINGBACK_LEASE_MS: "2000" },
      }),
    ];
    for (const one of [runner, sweeper]) onTestFinished(() => one.stop());
    const secret = whsec("clock");
    const { id: endpointId, secret: endpointSecret } = (
      await right.client.expect(201, "/v1/endpoints", {
        method: "POST",
        body: { url: `${receiver.origin}/retried`, events: ["endpoint.test"], retry: [2_500] },
      })
    ).json as { readonly id: string; readonly secret: string };

    // While a job runs under a lease of the right clock, the wrong one sweeps several times.
    const running = await right.client.submit({
      kind: "e2e.waits-for",
      input: { forMs: 3_000 },
      callback: { url: `${receiver.origin}/once`, secret },
    });
    const retried = await right.client.submit({ kind: "e2e.echo", input: 1, callback: { endpointId } });
    const [first, second] = await receiver.waitForCount(2, ({ path }) => path === "/retried");
    const done = await right.client.waitForDone(running.id, 15_000);
    const once = await receiver.waitFor(({ path }) => path === "/once");

    expect(done).toMatchObject({ status: "succeeded", runs: 1 });
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(2_500 * 0.8);
    for (const [request, by] of [
      [first, endpointSecret],
      [once, secret],
    ] as const) {
      expect(request && whyUnverified(request, by)).toBeNull();
      const signedAt = Number(request?.headers["webhook-timestamp"]) * 1_000;
      expect(Math.abs(signedAt - (request?.at ?? 0))).toBeLessThan(10_000);
    }
    const [delivery] = await right.client.deliveriesOf(retried.id);
    const { attempts } = await right.client.delivery(delivery?.id ?? "");
    expect(Math.abs(Date.parse(attempts[0]?.startedAt ?? "") - (first?.at ?? 0))).toBeLessThan(10_000);
  });
});
