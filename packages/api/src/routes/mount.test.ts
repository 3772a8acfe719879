import { describe, expect, test } from "vitest";
import type { Replay, Scope } from "@ringback/core";
import { createHouse, type House } from "../testing/house.ts";
import {
  aDeadLetter,
  aDelivery,
  aJob,
  aReplay,
  aResult,
  anAttempt,
  anEndpoint,
  ids,
} from "../testing/rows.ts";
import { createRunTokens } from "../tokens/run-tokens.ts";

/** What may be asked without a key, and what each other route needs; a route that is missing here fails the tests. */
const open = new Set([
  "GET /healthz",
  "GET /readyz",
  "GET /problems",
  "GET /problems/:code",
  "GET /openapi.json",
  "GET /docs",
  "GET /docs/style.css",
]);
const scopeOf: Readonly<Record<string, Scope>> = {
  "POST /v1/jobs": "jobs",
  "POST /v1/jobs/batch": "jobs",
  "PUT /v1/jobs/:id": "jobs",
  "GET /v1/jobs": "jobs",
  "GET /v1/jobs/:id": "jobs",
  "DELETE /v1/jobs/:id": "jobs",
  "GET /v1/jobs/:id/status": "jobs",
  "GET /v1/jobs/:id/result": "jobs",
  "DELETE /v1/jobs/:id/result": "jobs",
  "GET /v1/jobs/:id/events": "jobs",
  "POST /v1/jobs/:id/complete": "jobs",
  "POST /v1/jobs/:id/fail": "jobs",
  "POST /v1/leases": "jobs",
  "POST /v1/leases/:token/heartbeat": "jobs",
  "POST /v1/leases/:token/complete": "jobs",
  "POST /v1/leases/:token/fail": "jobs",
  "GET /v1/events": "jobs",
  "POST /v1/events": "jobs",
  "POST /v1/endpoints": "endpoints",
  "GET /v1/endpoints": "endpoints",
  "GET /v1/endpoints/:id": "endpoints",
  "PATCH /v1/endpoints/:id": "endpoints",
  "DELETE /v1/endpoints/:id": "endpoints",
  "POST /v1/endpoints/:id/secret/rotate": "endpoints",
  "POST /v1/endpoints/:id/test": "endpoints",
  "GET /v1/endpoints/:id/public-keys": "endpoints",
  "POST /v1/endpoints/:id/pause": "endpoints",
  "POST /v1/endpoints/:id/resume": "endpoints",
  "GET /v1/callback-secret": "endpoints",
  "POST /v1/callback-secret/rotate": "endpoints",
  "GET /v1/deliveries": "support",
  "GET /v1/deliveries/:id": "support",
  "POST /v1/deliveries/:id/redeliver": "support",
  "GET /v1/dead-letters": "support",
  "GET /v1/dead-letters/groups": "support",
  "GET /v1/dead-letters/:id": "support",
  "PATCH /v1/dead-letters/:id": "support",
  "POST /v1/dead-letters/:id/discard": "support",
  "POST /v1/dead-letters/:id/redeliver": "support",
  "POST /v1/replays": "support",
  "GET /v1/replays": "support",
  "GET /v1/replays/:id": "support",
  "GET /v1/replays/:id/events": "support",
  "POST /v1/replays/:id/pause": "support",
  "POST /v1/replays/:id/resume": "support",
  "POST /v1/replays/:id/cancel": "support",
  "POST /v1/keys": "admin",
  "GET /v1/keys": "admin",
  "GET /v1/keys/:id": "admin",
  "POST /v1/keys/:id/revoke": "admin",
  "POST /v1/tenants": "admin",
  "GET /v1/tenants": "admin",
  "GET /v1/tenants/:id": "admin",
  "PATCH /v1/tenants/:id": "admin",
  "GET /v1/audit": "support",
  "GET /metrics": "metrics",
};
const allScopes: readonly Scope[] = ["jobs", "endpoints", "support", "metrics"];

const routes = createHouse().app.routes.map(({ method, path }) => ({
  method,
  path,
  name: `${method} ${path}`,
}));
const guarded = routes.filter(({ name }) => !open.has(name));
/** Those that look for something: a PUT makes what is not there. */
const withId = guarded.filter(({ path, method }) => path.includes(":id") && method !== "PUT");

/** A lease of the tenant "mine", whose run is over. */
const lease = createRunTokens([new Uint8Array(32).fill(5)]).sealLease({
  tenantId: "mine",
  jobId: ids.job,
  kind: "echo",
  token: 1,
  begunAt: Date.UTC(2100, 0),
  runTimeoutMs: 1,
  carried: null,
});

/** A house in which the tenant "mine" has one of everything. */
function fullHouse(): House {
  const house = createHouse();
  house.store.jobs.set(ids.job, aJob(aResult("1")));
  house.store.endpoints.set(ids.endpoint, anEndpoint());
  house.store.deliveries.set(ids.delivery, { delivery: aDelivery(), attempts: [anAttempt()] });
  house.store.deadLetters.set(ids.delivery, aDeadLetter());
  house.store.replayRows.set(ids.replay, aReplay());
  const [any] = house.store.keys.values();
  if (any !== undefined) house.store.keys.set("another", { ...any, id: ids.key, lookup: "another" });
  return house;
}

/** What the tenant "mine" has under each path that is followed by an id. */
const idUnder: Readonly<Record<string, string>> = {
  jobs: ids.job,
  endpoints: ids.endpoint,
  deliveries: ids.delivery,
  "dead-letters": ids.delivery,
  replays: ids.replay,
  keys: ids.key,
  tenants: "mine",
};

function idFor(path: string): string {
  if (!path.includes(":id")) return "";
  const [, , noun = ""] = path.split("/");
  const id = idUnder[noun];
  if (id === undefined) throw new Error(`say in idUnder what an id under /v1/${noun} looks like`);
  return id;
}

/** A body with which the route does what it is for. */
const bodies: Readonly<Record<string, object>> = {
  "POST /v1/events": { type: "invoice.paid", data: 1 },
  "POST /v1/endpoints": { url: "https://hooks.example/in" },
  "PATCH /v1/endpoints/:id": { description: "new" },
  "POST /v1/keys": { scopes: ["jobs"] },
  "POST /v1/tenants": { id: "new" },
  "PATCH /v1/tenants/:id": { limits: { runningMax: 3 } },
  "PATCH /v1/dead-letters/:id": { note: "a note" },
  "POST /v1/replays": { filter: {} },
};

/** What the tenant "mine" has instead, where what it has leaves nothing to do. */
const replayBefore: Readonly<Record<string, Replay[]>> = {
  "POST /v1/replays": [],
  "POST /v1/replays/:id/resume": [aReplay({ status: "paused" })],
};

/** Everything that a request could change, but for when a key was last used. */
function stateOf({ store }: House): string {
  const { jobs, endpoints, deliveries, deadLetters, replayRows, keys, tenantRows, secrets, audit } = store;
  const nouns = [jobs, endpoints, deliveries, deadLetters, replayRows, keys, tenantRows, secrets, audit];
  const rows = nouns.map((noun) => [...noun]);
  return JSON.stringify(rows, (name, value: unknown) => (name === "lastUsedAt" ? undefined : value));
}

function fill(path: string, id: string): string {
  return path.replace(":id", id).replace(":code", "internal").replace(":token", lease);
}

describe("every route", () => {
  test("is known here", () => {
    expect(guarded.map(({ name }) => name).toSorted()).toEqual(Object.keys(scopeOf).toSorted());
    expect(routes.map(({ name }) => name)).toEqual(expect.arrayContaining([...open]));
  });

  test.each(guarded)("$name answers 401 without a key", async ({ method, path }) => {
    const response = await fullHouse().ask(method, fill(path, idFor(path)), { key: null });
    expect([response.status, response.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
    expect(await response.json()).toMatchObject({ code: "unauthenticated" });
  });

  test.each(guarded)(
    "$name answers 403 to every other scope and lets its own in",
    async ({ method, path, name }) => {
      for (const scope of new Set([...allScopes, scopeOf[name] ?? "jobs"])) {
        const house = fullHouse();
        const response = await house.ask(method, fill(path, idFor(path)), {
          key: house.makeKey("mine", scope),
        });
        if (scope === scopeOf[name]) expect([401, 403, 404]).not.toContain(response.status);
        else {
          expect(response.status).toBe(403);
          const problem = (await response.json()) as { code: string; detail: string };
          expect(problem.code).toBe("scope-missing");
          expect(problem.detail).toContain(`"${scopeOf[name] ?? "?"}"`);
        }
      }
    },
  );

  test.each(withId)(
    "F124 $name answers a foreign, an unknown and a malformed id byte for byte alike",
    async ({ method, path }) => {
      const house = fullHouse();
      const key = house.makeKey("theirs", "admin");
      const before = stateOf(house);
      const body = bodies[`${method} ${path}`];
      const id = idFor(path);
      const unknown = `${id.slice(0, -1)}${id.endsWith("0") ? "1" : "0"}`;
      const answers: string[] = [];
      for (const given of [id, unknown, "nonsense", `${id}x`, "%252e%252e", "%00", id.toUpperCase()]) {
        const response = await house.ask(method, fill(path, given), {
          key,
          headers: { "x-request-id": "same" },
          ...(body === undefined ? {} : { body }),
        });
        expect(response.status).toBe(404);
        response.headers.delete("ratelimit");
        answers.push(JSON.stringify([...response.headers]) + (await response.text()));
      }
      expect(new Set(answers).size).toBe(1);
      expect(answers[0]).toContain('"code":"not-found"');
      expect(stateOf(house)).toBe(before);
    },
  );

  test.each(guarded.filter(({ method, name }) => method !== "GET" && scopeOf[name] !== "jobs"))(
    "$name is in the audit, with whose key it was and the reason that was given",
    async ({ method, path, name }) => {
      const house = fullHouse();
      const key = house.makeKey("mine", "admin");
      const [own] = [...house.store.keys.values()].slice(-1);
      const reason = "asked for by phone";
      const replays = replayBefore[name];
      if (replays !== undefined) {
        house.store.replayRows.clear();
        for (const replay of replays) house.store.replayRows.set(replay.id, replay);
      }
      const takesReason = path.includes(":id") || path.endsWith("/rotate") || path.endsWith("/replays");
      const body = { ...bodies[name], ...(takesReason ? { reason } : {}) };
      const response = await house.ask(method, fill(path, idFor(path)), { key, body });
      expect(response.status).toBeLessThan(300);
      expect(house.store.audit).toHaveLength(1);
      expect(house.store.audit[0]).toMatchObject({
        by: { tenantId: "mine", keyId: own?.id },
        reason: takesReason ? reason : null,
        at: house.clock.now(),
      });
    },
  );

  test.each(routes)("F30 HEAD, OPTIONS and TRACE of $path change nothing", async ({ path }) => {
    const house = fullHouse();
    const before = stateOf(house);
    for (const method of ["HEAD", "OPTIONS", "PUT", "PATCH"]) {
      const response = await house.ask(method, fill(path, idFor(path)));
      expect(response.status).toBeLessThan(500);
      await response.body?.cancel();
    }
    expect(stateOf(house)).toBe(before);
  });
});

describe("what is no route", () => {
  test("a known path with another method is 405 with what it allows", async () => {
    const response = await createHouse().ask("PATCH", `/v1/jobs/${ids.job}`);
    expect([response.status, response.headers.get("allow")]).toEqual([
      405,
      "DELETE, GET, HEAD, PUT, OPTIONS",
    ]);
    expect(await response.json()).toMatchObject({ code: "method-not-allowed" });
    const options = await createHouse().ask("OPTIONS", "/v1/jobs");
    expect([options.status, options.headers.get("allow")]).toEqual([204, "GET, HEAD, POST, OPTIONS"]);
  });

  test.each([
    "/",
    "/v2/jobs",
    "/v1/nothing",
    "/v1/jobs/",
    "/v1/jobs/a/b/c",
    "/metricz",
    "/problems/nonsense",
  ])("%s is 404", async (path) => {
    const response = await createHouse().ask("GET", path);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ code: "not-found" });
  });

  test.each([
    "//v1/jobs",
    "/V1/jobs",
    "/v1//jobs",
    "/./v1/jobs",
    "/v1/%6aobs",
    "/v1%2Fjobs",
    "/healthz/../v1/jobs",
    "/v1/jobs%2F",
    "/v1;/jobs",
  ])("F29 %s gets nobody past the key", async (path) => {
    const response = await fullHouse().ask("GET", path, { key: null });
    expect([401, 404]).toContain(response.status);
  });

  test("under /v1 even what is missing is told to keys only", async () => {
    expect((await createHouse().ask("GET", "/v1/nothing", { key: null })).status).toBe(401);
  });
});

describe("request ids", () => {
  test("a sane one of the client's is kept, another is replaced, and every answer has one", async () => {
    const house = createHouse();
    const idOf = async (given?: string): Promise<string | null> =>
      (
        await house.ask("GET", "/healthz", { headers: given === undefined ? {} : { "x-request-id": given } })
      ).headers.get("x-request-id");
    expect(await idOf("abc_DEF-123")).toBe("abc_DEF-123");
    for (const given of ["a b", "x".repeat(65), "<script>", ""])
      expect(await idOf(given)).toMatch(/^req_[\w-]{16}$/);
    expect(await idOf()).not.toBe(await idOf());
  });
});

describe("what is open", () => {
  test("liveness, readiness and the pages need no key", async () => {
    const house = createHouse();
    const get = (path: string): Promise<Response> => house.ask("GET", path, { key: null });
    expect(await (await get("/healthz")).json()).toEqual({ status: "ok", version: "0.0.0-test" });
    expect(await (await get("/readyz")).json()).toEqual({ status: "ready", checks: { store: "ok" } });
    expect((await get("/problems")).headers.get("content-type")).toBe("text/html; charset=utf-8");
  });
});
