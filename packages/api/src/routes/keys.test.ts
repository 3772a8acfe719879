import { describe, expect, test } from "vitest";
import { parseApiKey } from "@ringback/core";
import { createHouse, type House } from "../testing/house.ts";
import { problemOf } from "../testing/submitting.ts";

const path = "/v1/keys";

interface KeyBody {
  readonly id: string;
  readonly tenantId: string;
  readonly prefix: string;
  readonly status: string;
  readonly key?: string;
  readonly scopes: readonly string[];
  readonly expiresAt?: string;
  readonly revokedAt?: string;
  readonly lastUsedAt?: string;
}

async function make(house: House, body: object, key?: string): Promise<KeyBody> {
  const response = await house.ask("POST", path, { body, ...(key === undefined ? {} : { key }) });
  expect(response.status).toBe(201);
  return (await response.json()) as KeyBody;
}

describe("making a key", () => {
  test("shows it once, and it works", async () => {
    const house = createHouse();
    const response = await house.ask("POST", path, { body: { scopes: ["jobs"], description: "billing" } });
    expect([response.status, response.headers.get("cache-control")]).toEqual([201, "no-store"]);
    const made = (await response.json()) as KeyBody;
    expect(response.headers.get("location")).toBe(`/v1/keys/${made.id}`);
    const { key = "" } = made;
    expect(parseApiKey(key)).toMatchObject({ checksumHolds: true });
    expect(made).toMatchObject({ tenantId: "mine", status: "active", scopes: ["jobs"] });
    expect(key.startsWith(`${made.prefix}_`)).toBe(true);
    expect((await house.ask("GET", "/v1/jobs", { key })).status).toBe(200);
    expect((await house.ask("GET", "/v1/endpoints", { key })).status).toBe(403);
    for (const at of [path, `${path}/${made.id}`, "/v1/audit"]) {
      const text = await (await house.ask("GET", at)).text();
      expect(text).toContain(made.id);
      expect(text).not.toContain(key.slice(-38));
    }
  });

  test("two keys work at once, until one is revoked", async () => {
    const house = createHouse();
    const [old, fresh] = [await make(house, { scopes: ["jobs"] }), await make(house, { scopes: ["jobs"] })];
    const works = async ({ key = "" }: KeyBody): Promise<number> =>
      (await house.ask("GET", "/v1/jobs", { key })).status;
    expect([await works(old), await works(fresh)]).toEqual([200, 200]);
    const body = { reason: "rotated" };
    const revoked = await house.ask("POST", `${path}/${old.id}/revoke`, { body });
    expect(await revoked.json()).toMatchObject({ id: old.id, status: "revoked" });
    expect([await works(old), await works(fresh)]).toEqual([401, 200]);
    expect(house.store.audit.at(-1)).toMatchObject({
      action: "key.revoked",
      subject: old.id,
      reason: "rotated",
      by: { tenantId: "mine" },
    });
  });

  test("an expiry in the future ends it then", async () => {
    const house = createHouse();
    const made = await make(house, { scopes: ["jobs"], expiresAt: "2026-11-22T10:00:00+00:30" });
    expect(made.expiresAt).toBe("2026-11-22T09:30:00.000Z");
    house.clock.advance(30 * 60_000);
    expect((await house.ask("GET", "/v1/jobs", { key: made.key ?? "" })).status).toBe(401);
    const shown = await house.ask("GET", `${path}/${made.id}`);
    expect(await shown.json()).toMatchObject({ status: "expired" });
  });

  test.each([
    [{ scopes: [] }, "/scopes"],
    [{ scopes: ["root"] }, "/scopes/0"],
    [{ scopes: ["jobs", "jobs"] }, "/scopes"],
    [{}, "/scopes"],
    [{ scopes: ["jobs"], expiresAt: "2026-11-22T09:00:00Z" }, "/expiresAt"],
    [{ scopes: ["jobs"], expiresAt: "tomorrow" }, "/expiresAt"],
    [{ scopes: ["jobs"], description: "x".repeat(201) }, "/description"],
    [{ scopes: ["jobs"], tenantId: "nobody" }, "/tenantId"],
  ])("%j is refused at %s, and nothing is made", async (body, field) => {
    const house = createHouse();
    const before = house.store.keys.size;
    const problem = await problemOf(await house.ask("POST", path, { body }));
    expect(problem).toMatchObject({ status: 422, code: "invalid-request", errors: [{ path: field }] });
    expect([house.store.keys.size, house.store.audit.length]).toEqual([before, 0]);
  });

  test("only an admin key makes keys, so none gives more than it has", async () => {
    const house = createHouse();
    const key = house.makeKey("mine", "jobs", "endpoints", "support", "metrics");
    const response = await house.ask("POST", path, { key, body: { scopes: ["jobs"] } });
    expect(await problemOf(response)).toMatchObject({ status: 403, code: "scope-missing" });
  });
});

describe("whose keys they are", () => {
  test("the operator makes, lists, reads and revokes any tenant's", async () => {
    const house = createHouse();
    const made = await make(house, { scopes: ["admin"], tenantId: "theirs" });
    expect(made.tenantId).toBe("theirs");
    const listed = await house.ask("GET", `${path}?tenantId=theirs`);
    expect(((await listed.json()) as { data: KeyBody[] }).data.map(({ id }) => id)).toEqual([made.id]);
    expect((await house.ask("GET", `${path}/${made.id}?tenantId=theirs`)).status).toBe(200);
    expect((await house.ask("GET", `${path}/${made.id}`)).status).toBe(404);
    expect((await house.ask("POST", `${path}/${made.id}/revoke?tenantId=theirs`)).status).toBe(200);
    expect(house.store.audit.map(({ tenantId, by }) => [tenantId, by?.tenantId])).toEqual([
      ["theirs", "mine"],
      ["theirs", "mine"],
    ]);
  });

  test("another tenant's admin manages its own, and cannot tell whose others exist", async () => {
    const house = createHouse();
    const key = house.makeKey("theirs", "admin");
    const own = await make(house, { scopes: ["jobs"] }, key);
    expect(own.tenantId).toBe("theirs");
    expect((await house.ask("GET", `${path}?tenantId=theirs`, { key })).status).toBe(200);
    const headers = { "x-request-id": "same" };
    const texts = async (ask: (tenantId: string) => Promise<Response>): Promise<Set<string>> =>
      new Set(
        await Promise.all(
          ["mine", "nobody", "../x"].map(async (id) => (await ask(encodeURIComponent(id))).text()),
        ),
      );
    expect(await texts((id) => house.ask("GET", `${path}?tenantId=${id}`, { key, headers }))).toHaveLength(1);
    const body = (id: string) => ({ scopes: ["jobs"], tenantId: decodeURIComponent(id) });
    expect(await texts((id) => house.ask("POST", path, { key, headers, body: body(id) }))).toHaveLength(1);
    expect(house.store.audit).toHaveLength(1);
  });

  test("a support key of the operator's tenant sees no other tenant's audit", async () => {
    const house = createHouse();
    const key = house.makeKey("mine", "support");
    expect((await house.ask("GET", "/v1/audit", { key })).status).toBe(200);
    expect((await house.ask("GET", "/v1/audit?tenantId=theirs", { key })).status).toBe(404);
    expect((await house.ask("GET", "/v1/audit?tenantId=theirs")).status).toBe(200);
  });
});
