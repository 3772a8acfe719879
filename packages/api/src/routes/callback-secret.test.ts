import { describe, expect, test } from "vitest";
import { parseSecret } from "@ringback/signature";
import { createHouse } from "../testing/house.ts";

const path = "/v1/callback-secret";

interface Shown {
  readonly secret: string;
  readonly createdAt: string;
  readonly previous: readonly { readonly createdAt: string; readonly expiresAt?: string }[];
}

describe("the callback secret", () => {
  test("is shown to the scope that may see it, and kept by no cache", async () => {
    const house = createHouse();
    const response = await house.ask("GET", path, { key: house.makeKey("mine", "endpoints") });
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(await response.json()).toEqual({
      secret: house.store.secrets.get("mine")?.[0]?.secret,
      createdAt: "2026-11-22T09:00:00.000Z",
      previous: [],
    });
  });

  test("F114 rotating makes a new one at once; the old one signs on until the overlap ends", async () => {
    const house = createHouse();
    const before = house.store.secrets.get("mine")?.[0]?.secret;
    const response = await house.ask("POST", `${path}/rotate`, { body: { overlapMs: 60_000 } });
    expect(response.status).toBe(200);
    const shown = (await response.json()) as Shown;
    expect(parseSecret(shown.secret).ok).toBe(true);
    expect(shown.secret).not.toBe(before);
    expect(shown.previous).toEqual([
      { createdAt: "2026-11-22T09:00:00.000Z", expiresAt: "2026-11-22T09:01:00.000Z" },
    ]);
  });

  test("without a body the overlap is 24 hours", async () => {
    const house = createHouse();
    const shown = (await (await house.ask("POST", `${path}/rotate`)).json()) as Shown;
    expect(shown.previous[0]?.expiresAt).toBe("2026-11-23T09:00:00.000Z");
    const empty = (await (await house.ask("POST", `${path}/rotate`, { body: {} })).json()) as Shown;
    expect(empty.previous[0]?.expiresAt).toBe("2026-11-23T09:00:00.000Z");
  });

  test.each(["text/plain", "application/x-www-form-urlencoded", "application/json", "nonsense"])(
    "an empty body of type %s is an empty body, with an announced length or without",
    async (type) => {
      const house = createHouse();
      const headers = { "content-type": type };
      const empty = new ReadableStream<Uint8Array>({ start: (controller) => controller.close() });
      for (const options of [
        { raw: "", headers },
        { raw: "", headers: { ...headers, "content-length": "0" } },
        { raw: empty, headers: { ...headers, "transfer-encoding": "chunked" } },
      ]) {
        expect((await house.ask("POST", `${path}/rotate`, options)).status).toBe(200);
      }
      expect(house.store.secrets.get("mine")).toHaveLength(4);
    },
  );

  test("a body of another type is refused when it is not empty", async () => {
    const options = { raw: "overlapMs=1", headers: { "content-type": "application/x-www-form-urlencoded" } };
    expect((await createHouse().ask("POST", `${path}/rotate`, options)).status).toBe(415);
  });

  test.each([{ overlapMs: -1 }, { overlapMs: 8 * 86_400_000 }, { overlapMs: "1h" }, { overlap: 1 }])(
    "%j is refused and rotates nothing",
    async (body) => {
      const house = createHouse();
      expect((await house.ask("POST", `${path}/rotate`, { body })).status).toBeGreaterThanOrEqual(400);
      expect(house.store.secrets.get("mine")).toHaveLength(1);
    },
  );
});
