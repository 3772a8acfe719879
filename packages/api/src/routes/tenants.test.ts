import { describe, expect, test } from "vitest";
import { parseSecret } from "@ringback/signature";
import { createHouse } from "../testing/house.ts";
import { problemOf, submit } from "../testing/submitting.ts";

const path = "/v1/tenants";

describe("tenants", () => {
  test("are made with a callback secret that is shown once, and can be given keys", async () => {
    const house = createHouse();
    const body = { id: "initech", name: "Initech", limits: { unfinishedMax: 5 } };
    const response = await house.ask("POST", path, { body });
    expect([response.status, response.headers.get("location")]).toEqual([201, `${path}/initech`]);
    expect(response.headers.get("cache-control")).toBe("no-store");
    const made = (await response.json()) as { callbackSecret: string };
    expect(parseSecret(made.callbackSecret).ok).toBe(true);
    expect(made).toMatchObject({
      id: "initech",
      name: "Initech",
      limits: { unfinishedMax: 5, runningMax: null, requestsPerMinute: 60_000 },
      ownLimits: ["unfinishedMax"],
    });
    for (const at of [path, `${path}/initech`, "/v1/audit?tenantId=initech"]) {
      const text = await (await house.ask("GET", at)).text();
      expect(text).toContain("initech");
      expect(text).not.toContain(made.callbackSecret);
    }
    const key = await house.ask("POST", "/v1/keys", { body: { scopes: ["admin"], tenantId: "initech" } });
    const { key: text } = (await key.json()) as { key: string };
    const shown = await house.ask("GET", "/v1/callback-secret", { key: text });
    expect(await shown.json()).toMatchObject({ secret: made.callbackSecret });
  });

  test("that exist are not made again", async () => {
    const house = createHouse();
    const response = await house.ask("POST", path, { body: { id: "theirs", name: "Other" } });
    expect(await problemOf(response)).toMatchObject({ status: 409, code: "tenant-exists" });
    expect([house.store.tenantRows.get("theirs")?.name, house.store.audit]).toEqual([null, []]);
  });

  test("are changed in part, with the reason in the audit; null gives a limit back to the installation", async () => {
    const house = createHouse();
    const change = (body: object) => house.ask("PATCH", `${path}/theirs`, { body });
    const limits = { unfinishedMax: 2, requestsPerMinute: 100 };
    expect((await change({ limits, reason: "trial" })).status).toBe(200);
    const changed = await change({ name: "Theirs", limits: { unfinishedMax: null } });
    expect(await changed.json()).toMatchObject({
      name: "Theirs",
      limits: { unfinishedMax: 100_000, requestsPerMinute: 100 },
      ownLimits: ["requestsPerMinute"],
    });
    expect(house.store.audit.map(({ action, reason }) => [action, reason])).toEqual([
      ["tenant.changed", "trial"],
      ["tenant.changed", null],
    ]);
  });

  test.each([
    [{ id: "Capital" }, "/id"],
    [{ id: "" }, "/id"],
    [{ id: "a".repeat(64) }, "/id"],
    [{ id: "a/b" }, "/id"],
    [{ name: "x" }, "/id"],
    [{ id: "x", limits: { unfinishedMax: -1 } }, "/limits/unfinishedMax"],
    [{ id: "x", limits: { requestsPerMinute: 0 } }, "/limits/requestsPerMinute"],
    [{ id: "x", limits: { runningMax: 1.5 } }, "/limits/runningMax"],
  ])("%j is refused at %s", async (body, field) => {
    const house = createHouse();
    const problem = await problemOf(await house.ask("POST", path, { body }));
    expect(problem).toMatchObject({ status: 422, errors: [{ path: field }] });
    expect(house.store.tenantRows.size).toBe(2);
  });

  test("another tenant's admin sees its own and manages none", async () => {
    const house = createHouse();
    const key = house.makeKey("theirs", "admin");
    const limits = { unfinishedMax: 1_000_000 };
    expect((await house.ask("GET", `${path}/theirs`, { key })).status).toBe(200);
    const refused = [
      await house.ask("POST", path, { key, body: { id: "mine" } }),
      await house.ask("POST", path, { key, body: { id: "new" } }),
      await house.ask("GET", path, { key }),
      await house.ask("PATCH", `${path}/theirs`, { key, body: { limits } }),
    ];
    for (const response of refused) {
      expect(await problemOf(response)).toMatchObject({ status: 403, code: "operator-only" });
    }
    for (const id of ["mine", "new"]) {
      expect((await house.ask("PATCH", `${path}/${id}`, { key, body: { limits } })).status).toBe(404);
      expect((await house.ask("GET", `${path}/${id}`, { key })).status).toBe(404);
    }
    expect(house.store.tenantRows.size).toBe(2);
  });

  test("are listed page by page", async () => {
    const house = createHouse();
    await house.ask("POST", path, { body: { id: "third" } });
    const ids: string[] = [];
    for (let at: string | null = `${path}?limit=1`; at !== null;) {
      const page = (await (await house.ask("GET", at)).json()) as {
        data: { id: string }[];
        nextCursor: string | null;
      };
      ids.push(...page.data.map(({ id }) => id));
      at = page.nextCursor === null ? null : `${path}?limit=1&cursor=${page.nextCursor}`;
    }
    expect(ids.toSorted()).toEqual(["mine", "theirs", "third"]);
  });
});

describe("admission of jobs", () => {
  test("as many unfinished jobs as a tenant may have, and the next is 429; a replay is still answered", async () => {
    const house = createHouse({ tenantUnfinishedMax: 2 });
    const first = await submit(house, { kind: "echo" }, { "idempotency-key": "once" });
    await submit(house, { kind: "echo" });
    const refused = await submit(house, { kind: "echo" });
    expect(refused.headers.get("retry-after")).toBe("5");
    expect(await problemOf(refused)).toMatchObject({ status: 429, code: "quota-exceeded" });
    const again = await submit(house, { kind: "echo" }, { "idempotency-key": "once" });
    expect([again.status, again.headers.get("idempotency-replayed")]).toEqual([202, "true"]);
    expect(again.headers.get("location")).toBe(first.headers.get("location"));
    house.store.showsKeys = false;
    const settledByStore = await submit(house, { kind: "echo" }, { "idempotency-key": "once" });
    expect(settledByStore.status).toBe(202);
    const key = house.makeKey("theirs", "jobs");
    expect((await house.ask("POST", "/v1/jobs", { key, body: { kind: "echo" } })).status).toBe(202);
    expect(house.store.jobs.size).toBe(3);
  });

  test("holds for a PUT and for every job of a batch, too; an atomic one may be sent again as it is", async () => {
    const house = createHouse({ tenantUnfinishedMax: 2 });
    const put = () =>
      house.ask("PUT", "/v1/jobs/0199a7b0-0000-7000-8000-000000000001", { body: { kind: "echo" } });
    const batch = async (query = "") => {
      const jobs = Array.from({ length: 3 }, () => ({ kind: "echo" }));
      return house.ask("POST", `/v1/jobs/batch${query}`, { body: { jobs } });
    };
    const whole = await batch("?atomic=true");
    expect(whole.headers.get("retry-after")).toBe("5");
    expect(await problemOf(whole)).toMatchObject({ status: 429, code: "quota-exceeded" });
    expect(house.store.jobs.size).toBe(0);
    const { jobs } = (await (await batch()).json()) as { jobs: { problem?: { code: string } }[] };
    expect(jobs.map(({ problem }) => problem?.code)).toEqual([undefined, undefined, "quota-exceeded"]);
    expect(await problemOf(await put())).toMatchObject({ status: 429, code: "quota-exceeded" });
    expect(house.store.jobs.size).toBe(2);
  });

  test("a tenant's own limit holds for it", async () => {
    const house = createHouse();
    await house.ask("PATCH", `${path}/mine`, { body: { limits: { unfinishedMax: 0 } } });
    expect((await submit(house, { kind: "echo" })).status).toBe(429);
  });

  test("as many unfinished jobs as the installation takes on, and the next is 503", async () => {
    const house = createHouse({ backlogMax: 1 });
    await submit(house, { kind: "echo" });
    const refused = await house.ask("POST", "/v1/jobs", {
      key: house.makeKey("theirs", "jobs"),
      body: { kind: "echo" },
    });
    expect(refused.headers.get("retry-after")).toBe("10");
    expect(await problemOf(refused)).toMatchObject({ status: 503, code: "overloaded" });
  });
});
