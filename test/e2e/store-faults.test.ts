import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { StoreUnavailable, type Store } from "@ringback/core";
import type { ApiAnswer, ApiRequest } from "../support/api-client.ts";
import type { JobJson } from "../support/api-shapes.ts";
import { insteadOf } from "../support/instead-of.ts";
import { openIntakeHouse, type IntakeHouse } from "../support/intake-house.ts";
import { startReceiver, type Receiver } from "../support/receiver.ts";
import type { ServerInProcess } from "../support/server-in-process.ts";
import { startInProcess } from "./e2e-home.ts";

const post = (body: unknown, headers: Readonly<Record<string, string>> = {}): ApiRequest => ({
  method: "POST",
  body,
  headers,
});

/** A store whose every call rejects with `fault` while there is one. */
function failing(store: Store, state: { readonly fault: Error | null }): Store {
  const port = <Port extends object>(real: Port): Port =>
    new Proxy(real, {
      get(target, name): unknown {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== "function") return value;
        return (...given: unknown[]): unknown =>
          state.fault === null
            ? (Reflect.apply(value, target, given) as unknown)
            : Promise.reject(state.fault);
      },
    });
  return insteadOf(store, {
    intake: port(store.intake),
    reads: port(store.reads),
    support: port(store.support),
    tenants: port(store.tenants),
  });
}

describe("a database that is away", () => {
  const state: { fault: Error | null } = { fault: null };
  const closing: (() => Promise<void>)[] = [];
  let house: IntakeHouse;
  beforeAll(async () => {
    const decorateStore = (store: Store): Store => failing(store, state);
    house = await openIntakeHouse({ decorateStore }, (close) => closing.push(close));
  });
  afterAll(async () => {
    for (const close of closing) await close();
  });

  test("F21 F125 every call is 503 with Retry-After, none is a 202, a 404 or a 401; afterwards the same request makes one job", async () => {
    const { id } = await house.client.submit({ kind: "echo" });
    state.fault = new StoreUnavailable("unreachable", "connection refused");
    const key = { "idempotency-key": "during-the-outage" };
    const calls: readonly (readonly [string, ApiRequest])[] = [
      ["/v1/jobs", post({ kind: "echo" }, key)],
      ["/v1/endpoints", post({ url: "https://receiver.example/in" })],
      [`/v1/jobs/${id}`, {}],
      [`/v1/jobs/${id}/status`, {}],
      [`/v1/jobs/${id}/result`, {}],
      [`/v1/jobs/${id}`, { method: "DELETE" }],
      ["/v1/jobs", {}],
      ["/v1/events", {}],
      ["/v1/deliveries", {}],
      ["/v1/callback-secret", {}],
    ];
    for (const [path, request] of calls) {
      const answer = await house.client.call(path, request);
      expect([path, answer.status, answer.headers.get("retry-after")]).toEqual([path, 503, "2"]);
      expect(answer.json).toMatchObject({ code: "store-unavailable" });
      expect(answer.text).not.toContain("connection refused");
    }
    expect(house.logged.filter((line) => line.includes("store_unavailable"))).toHaveLength(calls.length);
    state.fault = null;
    const made = await house.client.expect(202, "/v1/jobs", post({ kind: "echo" }, key));
    expect(made.headers.has("idempotency-replayed")).toBe(false);
    await expect(house.client.listAll("/v1/jobs")).resolves.toHaveLength(2);
  });
});

describe("a disk that is full", () => {
  const state: { fault: Error | null } = { fault: null };
  let server: ServerInProcess;
  let receiver: Receiver;
  beforeAll(async () => {
    const decorateStore = (store: Store): Store => insteadOf(store, { intake: failing(store, state).intake });
    [server, receiver] = await Promise.all([startInProcess({ decorateStore }), startReceiver()]);
  });
  afterAll(async () => {
    await Promise.all([server.stop(), receiver.close()]);
  });

  test("F22 closes intake by name, while polling, the feed, runs and callbacks go on; with space it opens by itself", async () => {
    const { client } = server;
    const callback = { url: `${receiver.origin}/full` };
    const runAt = new Date(Date.now() + 1_000).toISOString();
    const accepted = await client.submit({ kind: "e2e.echo", input: 1, callback, runAt });
    state.fault = new StoreUnavailable("full", "no space");
    const refused = await client.call("/v1/jobs", post({ kind: "e2e.echo" }));
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([507, "2"]);
    expect(refused.json).toMatchObject({ code: "storage-full" });
    await client.waitForDone(accepted.id);
    await receiver.waitFor(({ path }) => path === "/full");
    expect((await client.feed("wait=0")).data.length).toBeGreaterThan(0);
    expect((await client.call("/readyz")).status).toBe(200);
    state.fault = null;
    await client.submit({ kind: "e2e.echo" });
  });
});

describe("a database that is slow", () => {
  test("F23 no more than the bound waits for it; the rest is 503 at once, reads go on, and what waited is accepted", async () => {
    const inFlightMax = 5;
    const letGo = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<void>();
    let waiting = 0;
    const house = await openIntakeHouse({
      settings: { intakeInFlightMax: inFlightMax },
      decorateStore: (store) =>
        insteadOf(store, {
          intake: insteadOf(store.intake, {
            async acceptJobs(items, now) {
              waiting += 1;
              if (waiting === inFlightMax) reached.resolve();
              await letGo.promise;
              return store.intake.acceptJobs(items, now);
            },
          }),
        }),
    });
    const submit = (): Promise<ApiAnswer> => house.client.call("/v1/jobs", post({ kind: "echo" }));
    const first = Array.from({ length: inFlightMax }, submit);
    await reached.promise;
    const rest = await Promise.all(Array.from({ length: 20 }, submit));
    for (const answer of rest) {
      expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "1"]);
      expect(answer.json).toMatchObject({ code: "overloaded" });
    }
    expect(house.counters.intakeShed).toBe(20);
    await house.client.expect(200, "/v1/jobs");
    letGo.resolve();
    expect((await Promise.all(first)).map(({ status }) => status)).toEqual(Array(inFlightMax).fill(202));
    expect(await house.client.listAll<JobJson>("/v1/jobs")).toHaveLength(inFlightMax);
  });
});
