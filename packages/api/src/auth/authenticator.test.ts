import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import {
  keyUseGrainMs,
  makeApiKey,
  noLimits,
  parseApiKey,
  type ApiKey,
  type Log,
  type TenantLimits,
  type TenantStore,
} from "@ringback/core";
import { createFailedAuthentications } from "../admission/failed-authentications.ts";
import { createManualClock } from "../testing/manual-clock.ts";
import { createCountingRandom } from "../testing/counting-random.ts";
import { createAuthenticator, hasScope, type Identity } from "./authenticator.ts";

const url = "https://ringback.test/v1/jobs";

function setUp(change: Partial<ApiKey> = {}) {
  const clock = createManualClock();
  const text = makeApiKey(createCountingRandom());
  const lookup = parseApiKey(text)?.lookup ?? "";
  let key: ApiKey | null = {
    tenantId: "mine",
    id: "key_1",
    lookup,
    hash: createHash("sha256").update(text).digest("hex"),
    scopes: ["jobs"],
    createdAt: clock.now(),
    expiresAt: null,
    revokedAt: null,
    description: null,
    lastUsedAt: null,
    ...change,
  };
  let reads = 0;
  const limits: TenantLimits = { ...noLimits, requestsPerMinute: 7 };
  const uses: number[] = [];
  let noteFault: Error | null = null;
  const tenants: Pick<TenantStore, "findKey" | "noteKeyUse"> = {
    findKey: async (asked) => {
      reads += 1;
      return asked === lookup && key !== null ? { ...key, limits } : null;
    },
    noteKeyUse: async (_key, at) => {
      uses.push(at);
      if (noteFault !== null) throw noteFault;
    },
  };
  const log: Log = { debug() {}, info() {}, warn() {}, error() {} };
  const failures = createFailedAuthentications(clock, 3);
  const authenticator = createAuthenticator({ tenants, clock, log, failures });
  return {
    clock,
    text,
    ...authenticator,
    identify: (header: string | undefined, at = url, peer: string | null = null) =>
      authenticator.identify(header, at, peer),
    uses,
    failToNote: () => (noteFault = new Error("full")),
    replaceKey: (next: Partial<ApiKey> | null) =>
      (key = next === null || key === null ? null : { ...key, ...next }),
    reads: () => reads,
  };
}

describe("authenticator", () => {
  test("knows whose a key is and what it may do", async () => {
    const { identify, text } = setUp();
    const expected = { tenantId: "mine", keyId: "key_1", scopes: ["jobs"], requestsPerMinute: 7 };
    expect(await identify(`Bearer ${text}`)).toEqual(expected);
    expect(await identify(`bearer  ${text} `)).toEqual(expected);
  });

  test.each([
    [undefined, "no Authorization header"],
    ["", "not `Bearer`"],
    ["Basic abc", "not `Bearer`"],
    ["Bearer a b", "not `Bearer`"],
    ["Bearer rb_live_short", "does not have the form"],
  ])("%s is refused: %s", async (header, detail) => {
    expect(await setUp().identify(header)).toMatchObject({
      refused: "unauthenticated",
      detail: expect.stringContaining(detail) as string,
      headers: { "www-authenticate": "Bearer" },
    });
  });

  test("a mistyped key is told apart from an unknown one", async () => {
    const { identify, text } = setUp();
    const mistyped = text.replace(/.$/, text.endsWith("a") ? "b" : "a");
    expect(await identify(`Bearer ${mistyped}`)).toMatchObject({
      detail: expect.stringContaining("checksum") as string,
    });
    const random = createCountingRandom();
    random.bytes(1);
    const unknown = makeApiKey(random);
    expect(await identify(`Bearer ${unknown}`)).toMatchObject({
      detail: expect.stringContaining("unknown") as string,
    });
  });

  test("a key whose secret half is another's is refused though its id exists", async () => {
    const { identify, text, replaceKey } = setUp();
    replaceKey({ hash: createHash("sha256").update("another").digest("hex") });
    expect(await identify(`Bearer ${text}`)).toMatchObject({ refused: "unauthenticated" });
  });

  test("an expired and a revoked key are refused", async () => {
    const { identify, text, clock, replaceKey } = setUp();
    replaceKey({ expiresAt: clock.now() });
    expect(await identify(`Bearer ${text}`)).toMatchObject({ detail: "The key has expired." });
    replaceKey({ expiresAt: null, revokedAt: clock.now() });
    expect(await identify(`Bearer ${text}`)).toMatchObject({ detail: "The key has been revoked." });
  });

  test("a key revoked here ends at once, also when it was being looked up meanwhile", async () => {
    const { identify, known, forget, text } = setUp();
    await identify(`Bearer ${text}`);
    expect(known(`Bearer ${text}`, url)).toMatchObject({ keyId: "key_1" });
    forget("key_1");
    expect(known(`Bearer ${text}`, url)).toBeNull();
    const lookingUp = identify(`Bearer ${text}`);
    forget("key_1");
    expect(await lookingUp).toMatchObject({ keyId: "key_1" });
    expect(known(`Bearer ${text}`, url)).toBeNull();
  });

  test("a key in the query is not known, whatever the header says", async () => {
    const { identify, known, text } = setUp();
    await identify(`Bearer ${text}`);
    expect(known(`Bearer ${text}`, `${url}?key=${text}`)).toBeNull();
  });

  test("a verified key is read once in two seconds, and a revoked one ends within them", async () => {
    const { identify, text, clock, replaceKey, reads } = setUp();
    for (let time = 0; time < 10; time += 1) await identify(`Bearer ${text}`);
    expect(reads()).toBe(1);
    replaceKey(null);
    clock.advance(1_999);
    expect(await identify(`Bearer ${text}`)).toMatchObject({ tenantId: "mine" });
    clock.advance(1);
    expect(await identify(`Bearer ${text}`)).toMatchObject({ refused: "unauthenticated" });
  });

  test("a key that expires while it is remembered ends on time", async () => {
    const { identify, text, clock } = setUp({ expiresAt: createManualClock().now() + 500 });
    expect(await identify(`Bearer ${text}`)).toMatchObject({ tenantId: "mine" });
    clock.advance(500);
    expect(await identify(`Bearer ${text}`)).toMatchObject({ refused: "unauthenticated" });
  });

  test("a key's use is noted when the last note is old, once, and never waited for", async () => {
    const { identify, text, clock, uses, replaceKey, failToNote } = setUp();
    const first = clock.now();
    await identify(`Bearer ${text}`);
    replaceKey({ lastUsedAt: first });
    for (let minutes = 0; minutes < 4; minutes += 1) {
      clock.advance(60_000);
      await identify(`Bearer ${text}`);
    }
    expect(uses).toEqual([first]);
    failToNote();
    clock.advance(60_000);
    expect(await identify(`Bearer ${text}`)).toMatchObject({ tenantId: "mine" });
    expect(uses).toEqual([first, first + keyUseGrainMs]);
  });

  test("after too many failures from an address, unknown keys are not looked up, and one that was good is", async () => {
    const { identify, text, clock, reads } = setUp();
    const random = createCountingRandom();
    random.bytes(1);
    const unknown = makeApiKey(random);
    const peer = "192.0.2.1";
    expect(await identify(`Bearer ${text}`, url, peer)).toMatchObject({ tenantId: "mine" });
    for (let time = 0; time < 3; time += 1) {
      expect(await identify(`Bearer ${unknown}`, url, peer)).toMatchObject({ refused: "unauthenticated" });
    }
    const readsBefore = reads();
    const refused = await identify(`Bearer ${unknown}`, url, peer);
    expect(refused).toMatchObject({ refused: "rate-limited", headers: { "retry-after": "20" } });
    expect(reads()).toBe(readsBefore);
    clock.advance(2_000);
    expect(await identify(`Bearer ${text}`, url, peer)).toMatchObject({ tenantId: "mine" });
    expect(await identify(`Bearer ${unknown}`, url, "192.0.2.2")).toMatchObject({
      refused: "unauthenticated",
    });
    clock.advance(20_000);
    expect(await identify(`Bearer ${unknown}`, url, peer)).toMatchObject({ refused: "unauthenticated" });
  });

  test("a key in a query string is refused, even beside a good header", async () => {
    const { identify, text } = setUp();
    for (const header of [undefined, `Bearer ${text}`]) {
      expect(await identify(header, `${url}?key=${text}`)).toMatchObject({
        detail: expect.stringContaining("query string") as string,
      });
    }
  });
});

test("admin may do everything, any other scope only itself", () => {
  const withScopes = (...scopes: Identity["scopes"]): Identity => ({
    tenantId: "a",
    keyId: "k",
    scopes,
    requestsPerMinute: null,
  });
  expect(hasScope(withScopes("admin"), "support")).toBe(true);
  expect(hasScope(withScopes("jobs", "metrics"), "support")).toBe(false);
  expect(hasScope(withScopes("support"), "support")).toBe(true);
});
