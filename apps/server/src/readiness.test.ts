import { describe, expect, test } from "vitest";
import type { Store } from "@ringback/core";
import { createReadiness } from "./readiness.ts";

const clockAt = (time: { ms: number }, wakes: (() => void)[] = []) => ({
  now: () => time.ms,
  monotonicMs: () => time.ms,
  after: (_delayMs: number, wake: () => void) => {
    wakes.push(wake);
    return () => undefined;
  },
});
const storeOf = (feedHead: () => Promise<number>) => ({
  reads: { feedHead } as unknown as Store["reads"],
});

describe("readiness", () => {
  test("a process that takes requests and no work is ready when its database answers", async () => {
    const answers = { clock: clockAt({ ms: 0 }), isUp: () => true, missingKeys: () => [], progress: null };
    const up = createReadiness({ ...answers, store: storeOf(async () => 7) });
    expect(await up()).toEqual({
      ready: true,
      checks: { process: "up", database: "It answers.", masterKey: "Everything that is sealed opens." },
    });
    const away = createReadiness({ ...answers, store: storeOf(() => Promise.reject(new Error("away"))) });
    expect((await away()).ready).toBe(false);
  });

  test("a database that says nothing is not waited for", async () => {
    const wakes: (() => void)[] = [];
    const silent = storeOf(() => new Promise(() => undefined));
    const ready = createReadiness({
      clock: clockAt({ ms: 0 }, wakes),
      store: silent,
      isUp: () => true,
      missingKeys: () => [],
      progress: null,
    });
    const answer = ready();
    for (const wake of wakes) wake();
    expect(await answer).toMatchObject({ ready: false, checks: { database: "It does not answer." } });
  });

  test("without progress on due work it is not ready, and many probes share one look", async () => {
    const time = { ms: 0 };
    let looks = 0;
    const ready = createReadiness({
      clock: clockAt(time),
      store: storeOf(async () => (looks += 1)),
      isUp: () => true,
      missingKeys: () => [],
      progress: async () => ({ ok: false, detail: "Jobs are overdue and are not claimed." }),
    });
    const [first] = await Promise.all([ready(), ready(), ready()]);
    expect(first).toMatchObject({
      ready: false,
      checks: { progress: "Jobs are overdue and are not claimed." },
    });
    expect(looks).toBe(1);
    time.ms = 1_001;
    await ready();
    expect(looks).toBe(2);
  });

  test("while a master key is missing it is not ready, names it, and becomes ready by itself", async () => {
    const time = { ms: 0 };
    let missing = ["1a2b3c4d"];
    const ready = createReadiness({
      clock: clockAt(time),
      store: storeOf(async () => 0),
      isUp: () => true,
      missingKeys: () => missing,
      progress: null,
    });
    const answer = await ready();
    expect(answer.ready).toBe(false);
    expect(answer.checks["masterKey"]).toMatch(
      /master key 1a2b3c4d, which is not here.*RINGBACK_FORMER_MASTER_KEYS/,
    );
    missing = [];
    time.ms = 1_001;
    expect((await ready()).ready).toBe(true);
  });

  test("while it starts and while it drains it is not ready, whatever else holds", async () => {
    const ready = createReadiness({
      clock: clockAt({ ms: 0 }),
      store: storeOf(async () => 0),
      isUp: () => false,
      missingKeys: () => [],
      progress: null,
    });
    expect(await ready()).toEqual({ ready: false, checks: { process: "starting or draining" } });
  });
});
