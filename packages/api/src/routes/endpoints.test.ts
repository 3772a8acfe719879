import { describe, expect, test } from "vitest";
import { parseSecret } from "@ringback/signature";
import { createHouse } from "../testing/house.ts";
import { anEndpoint, ids } from "../testing/rows.ts";

const request = {
  url: "https://hooks.example/in?token=CANARY",
  events: ["job.*", "invoice.paid"],
  description: "billing",
  headers: { "X-Team": "CANARY" },
  retry: [1_000, 2_000],
  timeoutMs: 5_000,
  metadata: { tier: 1 },
};

describe("POST /v1/endpoints", () => {
  test("answers 201 with the secret, which no later answer shows", async () => {
    const house = createHouse();
    const response = await house.ask("POST", "/v1/endpoints", { body: request });
    expect(response.status).toBe(201);
    const made = (await response.json()) as { id: string; secret: string };
    expect(response.headers.get("location")).toBe(`/v1/endpoints/${made.id}`);
    expect(parseSecret(made.secret)).toMatchObject({ ok: true, kind: "whsec" });
    expect(made).toMatchObject({
      url: "https://hooks.example/in",
      events: request.events,
      description: "billing",
      headerNames: ["x-team"],
      retry: [1_000, 2_000],
      timeoutMs: 5_000,
      status: "active",
      metadata: { tier: 1 },
    });
    const later = await (await house.ask("GET", `/v1/endpoints/${made.id}`)).text();
    const list = await (await house.ask("GET", "/v1/endpoints")).text();
    for (const text of [JSON.stringify(made), later, list]) expect(text).not.toContain("CANARY");
    for (const text of [later, list]) expect(text).not.toContain(made.secret);
  });

  test("an exponential policy may be given in part; without one the default is shown", async () => {
    const house = createHouse();
    const made = async (retry?: object): Promise<unknown> => {
      const body = { url: "https://a.example", events: ["job.*"], ...(retry === undefined ? {} : { retry }) };
      return ((await (await house.ask("POST", "/v1/endpoints", { body })).json()) as { retry: unknown })
        .retry;
    };
    const standard = { baseMs: 5_000, factor: 5, capMs: 86_400_000, maxAttempts: 10 };
    expect(await made({ maxAttempts: 3, baseMs: 100 })).toEqual({ ...standard, baseMs: 100, maxAttempts: 3 });
    expect(await made()).toEqual(standard);
    expect(await made([])).toEqual([]);
  });

  test("events may be empty or left out: the endpoint then hears only the callbacks that name it", async () => {
    const house = createHouse();
    for (const events of [{}, { events: [] }]) {
      const body = { url: "https://a.example", ...events };
      const response = await house.ask("POST", "/v1/endpoints", { body });
      expect(response.status).toBe(201);
      expect(await response.json()).toMatchObject({ events: [] });
    }
    expect([...house.store.endpoints.values()].map(({ events }) => events)).toEqual([[], []]);
  });

  test("a wrong policy is told at the member that is wrong, and why", async () => {
    const body = { url: "https://a.example", retry: { baseMs: 0, factor: 2, maxAttempts: 1_000 } };
    const response = await createHouse().ask("POST", "/v1/endpoints", { body });
    expect(response.status).toBe(422);
    const problem = (await response.json()) as { detail: string; errors: object[] };
    expect(problem.detail).toMatch(/^\/retry\/baseMs: .*1 /);
    expect(problem.errors).toEqual([
      { path: "/retry/baseMs", message: expect.stringContaining(">=1") as string },
      { path: "/retry/maxAttempts", message: expect.stringContaining("<=100") as string },
    ]);
  });

  test.each([
    ['"headers":{"__proto__":"x"}', "/headers", "__proto__"],
    ['"metadata":{"n":9007199254740993}', "/metadata/n", "send it as text"],
  ])("F17 F18 what would be lost in silence is refused: %s", async (member, path, said) => {
    const house = createHouse();
    const response = await house.ask("POST", "/v1/endpoints", {
      raw: `{"url":"https://a.example",${member}}`,
      headers: { "content-type": "application/json" },
    });
    expect(response.status).toBe(422);
    const { errors } = (await response.json()) as { errors: { path: string; message: string }[] };
    expect(errors[0]?.path).toBe(path);
    expect(errors[0]?.message).toContain(said);
    expect(house.store.endpoints.size).toBe(0);
  });

  test.each([
    [{ events: ["job.*"] }, 422, "invalid-request", "/url"],
    [{ url: "https://a.example", events: "job.*" }, 422, "invalid-request", "/events"],
    [{ url: "https://a.example", events: Array(51).fill("a") }, 422, "invalid-request", "/events"],
    [{ url: "https://a.example", events: ["job .*"] }, 422, "invalid-request", "/events/0"],
    [{ url: "https://a.example", events: ["job.*"], timeoutMs: 999 }, 422, "invalid-request", "/timeoutMs"],
    [
      { url: "https://a.example", events: ["job.*"], timeoutMs: 30_001 },
      422,
      "invalid-request",
      "/timeoutMs",
    ],
    [{ url: "https://a.example", events: ["job.*"], retry: [-1] }, 422, "invalid-request", "/retry/0"],
    [{ url: "https://a.example", retry: "soon" }, 422, "invalid-request", "/retry"],
    [{ url: "https://a.example", retry: null }, 422, "invalid-request", "/retry"],
    [{ url: "https://a.example", retry: { base: 1 } }, 400, "fields-unknown", "/retry/base"],
    [
      { url: "https://a.example", events: ["job.*"], headers: { Host: "x" } },
      422,
      "invalid-request",
      "/headers/Host",
    ],
    [{ url: "https://127.0.0.1", events: ["job.*"] }, 422, "callback-url-rejected", "/url"],
    [{ url: "https://a.example", ordered: "yes" }, 422, "invalid-request", "/ordered"],
    [{ url: "https://a.example", maxInFlight: 0 }, 422, "invalid-request", "/maxInFlight"],
    [{ url: "https://a.example", maxInFlight: 101 }, 422, "invalid-request", "/maxInFlight"],
    [{ url: "https://a.example", ratePerSecond: 0 }, 422, "invalid-request", "/ratePerSecond"],
    [{ url: "https://a.example", ratePerSecond: 1_001 }, 422, "invalid-request", "/ratePerSecond"],
    [{ url: "https://a.example", signature: "md5" }, 422, "invalid-request", "/signature"],
    [{ url: "https://a.example", order: true }, 400, "fields-unknown", "/order"],
  ])("F20 what cannot be is refused at registration: %j", async (body, status, code, path) => {
    const house = createHouse();
    const response = await house.ask("POST", "/v1/endpoints", { body });
    expect(response.status).toBe(status);
    const problem = (await response.json()) as { code: string; errors: { path: string }[] };
    expect([problem.code, problem.errors[0]?.path.slice(0, path.length)]).toEqual([code, path]);
    expect(house.store.endpoints.size).toBe(0);
  });
});

describe("pausing", () => {
  test("a paused endpoint says who paused it; resuming makes it active; both may be repeated", async () => {
    const house = createHouse();
    house.store.endpoints.set(ids.endpoint, anEndpoint());
    for (const [verb, expected] of [
      ["pause", { status: "paused", pausedReason: "operator" }],
      ["pause", { status: "paused" }],
      ["resume", { status: "active" }],
      ["resume", { status: "active" }],
    ] as const) {
      const response = await house.ask("POST", `/v1/endpoints/${ids.endpoint}/${verb}`);
      expect(response.status).toBe(200);
      expect(await response.json()).toMatchObject(expected);
    }
  });
});

describe("GET /v1/endpoints", () => {
  test("pages by cursor", async () => {
    const house = createHouse();
    for (let n = 0; n < 3; n += 1) {
      const id = `ep_01kat5vqt8fkz9m0w4r1x2y3z${n}`;
      house.store.endpoints.set(id, anEndpoint({ id, createdAt: n }));
    }
    const first = (await (await house.ask("GET", "/v1/endpoints?limit=2")).json()) as { nextCursor: string };
    const rest = await house.ask("GET", `/v1/endpoints?limit=2&cursor=${first.nextCursor}`);
    expect(await rest.json()).toMatchObject({
      data: [{ id: "ep_01kat5vqt8fkz9m0w4r1x2y3z0" }],
      nextCursor: null,
    });
  });
});

describe("PATCH /v1/endpoints/{id}", () => {
  const patched = async (patch: object | string, headers: Record<string, string> = {}) => {
    const house = createHouse();
    house.store.endpoints.set(ids.endpoint, anEndpoint({ timeoutMs: 2_000, description: "old" }));
    const raw = typeof patch === "string" ? patch : JSON.stringify(patch);
    const type = { "content-type": "application/merge-patch+json", ...headers };
    const response = await house.ask("PATCH", `/v1/endpoints/${ids.endpoint}`, { raw, headers: type });
    const text = await response.text();
    return { response, text, answer: JSON.parse(text) as Record<string, unknown>, house };
  };

  test("changes what it names, merges objects, and null goes back to the default", async () => {
    const patch = {
      url: "https://b.example/in?token=CANARY2",
      description: null,
      timeoutMs: null,
      retry: { maxAttempts: 2 },
      headers: { "X-Team": null, "X-Other": "CANARY3" },
      metadata: { tier: 2 },
      maxInFlight: 4,
      ratePerSecond: 9,
      ordered: true,
    };
    const { response, text, answer, house } = await patched(patch);
    expect(response.status).toBe(200);
    expect(answer).toMatchObject({ url: "https://b.example/in", events: ["job.*"], timeoutMs: 15_000 });
    expect(answer).toMatchObject({ headerNames: ["x-other"], metadata: { tier: 2 }, ordered: true });
    expect(answer).toMatchObject({ retry: { baseMs: 5_000, maxAttempts: 2 }, ratePerSecond: 9 });
    expect(answer).not.toHaveProperty("description");
    expect(text).not.toContain("CANARY");
    expect(house.store.endpoints.get(ids.endpoint)?.headers).toEqual({ "x-other": "CANARY3" });
  });

  test("is taken as application/json too, and as nothing else", async () => {
    const json = await patched({ events: [] }, { "content-type": "application/json" });
    expect(json.answer).toMatchObject({ events: [], timeoutMs: 2_000 });
    const other = await patched({ events: [] }, { "content-type": "text/plain" });
    expect(other.response.status).toBe(415);
    expect(other.answer["detail"]).toContain("application/merge-patch+json");
  });

  test.each([
    [{ url: null }, 422, "invalid-request", "/url"],
    [{ url: "https://10.0.0.1" }, 422, "callback-url-rejected", "/url"],
    [{ headers: { Host: "x" } }, 422, "invalid-request", "/headers/host"],
    [{ timeoutMs: 30_001 }, 422, "invalid-request", "/timeoutMs"],
    [{ secret: "whsec_x" }, 400, "fields-unknown", "/secret"],
    [{ status: "paused" }, 400, "fields-unknown", "/status"],
    [[1], 422, "invalid-request", ""],
  ])("F20 what cannot be changes nothing: %j", async (patch, status, code, path) => {
    const { response, answer, house } = await patched(patch);
    const [first] = answer["errors"] as { path: string }[];
    expect([response.status, answer["code"]]).toEqual([status, code]);
    expect(first?.path.toLowerCase().slice(0, path.length)).toBe(path.toLowerCase());
    expect(house.store.endpoints.get(ids.endpoint)?.updatedAt).toBe(anEndpoint().updatedAt);
  });

  test("to a pair and back makes a new secret: the public key is shown, the shared secret once", async () => {
    const { answer, house, text } = await patched({ signature: "standard-ed25519" });
    expect(answer["publicKeys"]).toEqual([expect.stringMatching(/^whpk_/)]);
    expect(text).not.toMatch(/whsk_|whsec_/);
    const keys = await house.ask("GET", `/v1/endpoints/${ids.endpoint}/public-keys`);
    expect(await keys.json()).toMatchObject({ data: [{ publicKey: (answer["publicKeys"] as string[])[0] }] });
    const back = await house.ask("PATCH", `/v1/endpoints/${ids.endpoint}`, { body: { signature: "github" } });
    const shown = (await back.json()) as Record<string, unknown>;
    expect(shown).toMatchObject({ signature: "github", secret: expect.stringMatching(/^whsec_/) as string });
    expect(back.headers.get("cache-control")).toBe("no-store");
    expect(shown).not.toHaveProperty("publicKeys");
  });
});

describe("secrets, tests and deletions", () => {
  test("rotating shows the new secret once; of a pair it shows both public keys until the overlap ends", async () => {
    const house = createHouse();
    house.store.endpoints.set(ids.endpoint, anEndpoint());
    const path = `/v1/endpoints/${ids.endpoint}`;
    const response = await house.ask("POST", `${path}/secret/rotate`, { body: { overlapMs: 1_000 } });
    expect(response.status).toBe(200);
    expect(((await response.json()) as { secret: string }).secret).toMatch(/^whsec_/);
    expect(await (await house.ask("GET", path)).text()).not.toContain("whsec_");
    await house.ask("PATCH", path, { body: { signature: "standard-ed25519" } });
    const pair = await house.ask("POST", `${path}/secret/rotate`, { body: { overlapMs: 1_000 } });
    const { publicKeys } = (await pair.json()) as { publicKeys: string[] };
    expect(publicKeys).toHaveLength(2);
    house.clock.advance(1_000);
    const later = (await (await house.ask("GET", path)).json()) as { publicKeys: string[] };
    expect(later.publicKeys).toEqual(publicKeys.slice(0, 1));
  });

  test("a test answers with the delivery and its attempt; a deletion with what it canceled", async () => {
    const house = createHouse();
    house.store.endpoints.set(ids.endpoint, anEndpoint());
    const path = `/v1/endpoints/${ids.endpoint}`;
    const tested = await house.ask("POST", `${path}/test`);
    expect(tested.status).toBe(200);
    expect(await tested.json()).toMatchObject({ eventType: "endpoint.test", status: "delivered" });
    const deleted = await house.ask("DELETE", path, { body: { reason: "moved" } });
    expect(await deleted.json()).toEqual({
      id: ids.endpoint,
      deleted: true,
      deliveries: { canceled: 2, inFlight: 0 },
    });
    expect((await house.ask("GET", path)).status).toBe(404);
    expect((await house.ask("DELETE", path)).status).toBe(404);
  });
});
