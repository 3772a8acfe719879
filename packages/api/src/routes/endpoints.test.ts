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
    [{ url: "https://a.example", events: ["job.*"], ordered: true }, 400, "fields-unknown", "/ordered"],
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
