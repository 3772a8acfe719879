import { describe, expect, test } from "vitest";
import { createHouse, type House } from "../testing/house.ts";
import { anEndpoint, ids } from "../testing/rows.ts";
import { problemOf } from "../testing/submitting.ts";

const data = '{ "n": 12345678901234567890, "b": 1.0, "b": 2, "a": "€" }';

function tell(house: House, body: object | string, headers: Readonly<Record<string, string>> = {}) {
  if (typeof body === "object") return house.ask("POST", "/v1/events", { body, headers });
  const typed = { "content-type": "application/json", ...headers };
  return house.ask("POST", "/v1/events", { raw: body, headers: typed });
}

describe("POST /v1/events", () => {
  test("tells an event in the very bytes that came, to the endpoints that want it, and answers with it", async () => {
    const house = createHouse();
    house.store.endpoints.set(ids.endpoint, anEndpoint({ events: ["invoice.*"] }));
    const response = await tell(house, `{"type":"invoice.paid","data":${data}}`);
    expect(response.status).toBe(202);
    const [event] = house.store.events;
    const timestamp = new Date(house.clock.now()).toISOString();
    expect(event?.body).toBe(`{"type":"invoice.paid","timestamp":"${timestamp}","data":${data}}`);
    const shown = `{"id":"${event?.id}","type":"invoice.paid","timestamp":"${timestamp}","data":${data}}`;
    expect(await response.text()).toBe(`{"event":${shown},"deliveries":1}`);
  });

  test("the feed shows it without a job", async () => {
    const house = createHouse();
    await tell(house, { type: "invoice.paid", data: null });
    const feed = (await (await house.ask("GET", "/v1/events?types=invoice.*")).json()) as { data: object[] };
    expect(feed.data).toHaveLength(1);
    expect(feed.data[0]).toMatchObject({ type: "invoice.paid", body: house.store.events[0]?.body });
    expect(feed.data[0]).not.toHaveProperty("job");
  });

  const key = { "idempotency-key": "once" };
  const inBody = { type: "a", data: 1, idempotencyKey: "once" };
  test.each([
    { name: "in the header", body: { type: "a", data: 1 }, headers: key },
    { name: "in the body", body: inBody, headers: {} },
    { name: "in both", body: inBody, headers: key },
  ])("a key $name makes it told once, and the answer the same", async ({ body, headers }) => {
    const house = createHouse();
    const first = await tell(house, body, headers);
    house.clock.advance(60_000);
    const again = await tell(house, body, headers);
    expect([first.headers.get("idempotency-replayed"), again.headers.get("idempotency-replayed")]).toEqual([
      null,
      "true",
    ]);
    expect([again.status, await again.text()]).toEqual([202, await first.text()]);
    expect(house.store.events).toHaveLength(1);
    const other = await problemOf(await tell(house, { ...body, data: 2 }, headers));
    expect(other).toMatchObject({ code: "idempotency-key-reused", status: 422 });
    expect(other.detail).toContain(house.store.events[0]?.id);
    expect((await tell(house, { type: "a", data: 1 })).status).toBe(202);
  });

  test("two keys that differ are refused, and so is one that cannot be", async () => {
    const house = createHouse();
    const differ = await problemOf(await tell(house, inBody, { "idempotency-key": "other" }));
    expect(differ).toMatchObject({ code: "invalid-request", errors: [{ path: "/idempotencyKey" }] });
    for (const idempotencyKey of ["", "ä", "a\nb", "x".repeat(256)]) {
      const problem = await problemOf(await tell(house, { type: "a", data: 1, idempotencyKey }));
      expect(problem).toMatchObject({ code: "invalid-request", errors: [{ path: "/idempotencyKey" }] });
    }
    expect(house.store.events).toEqual([]);
  });

  test.each([
    "job.succeeded",
    "job.paid",
    "endpoint.test",
    "delivery.dead",
    "Invoice",
    "a*",
    "",
    "x".repeat(101),
  ])("the type %j is refused", async (type) => {
    const house = createHouse();
    const problem = await problemOf(await tell(house, { type, data: 1 }));
    expect(problem).toMatchObject({ code: "invalid-request", status: 422, errors: [{ path: "/type" }] });
    expect(house.store.events).toEqual([]);
  });

  test.each([
    ["{}", "invalid-request"],
    ['{"type":"a"}', "invalid-request"],
    ['{"type":1,"data":1}', "invalid-request"],
    ["[]", "invalid-request"],
    ['{"type":"a","data":1,"extra":1}', "fields-unknown"],
    ['{"type":"a","type":"b","data":1}', "json-member-twice"],
    [`{"type":"a","data":${"[".repeat(64)}${"]".repeat(64)}}`, "json-too-deep"],
    ['{"type":"a","data":"\\ud800"}', "text-invalid"],
    ['{"type":"a","data":1', "json-invalid"],
    [`{"type":"a","data":"${"x".repeat(256 * 1_024)}"}`, "body-too-large"],
  ])("%.60s is refused as %s", async (raw, code) => {
    const house = createHouse();
    expect(await problemOf(await tell(house, raw))).toMatchObject({ code });
    expect(house.store.events).toEqual([]);
  });

  test("needs the scope jobs: a key for endpoints or support tells nobody anything", async () => {
    const house = createHouse();
    for (const scope of ["endpoints", "support", "metrics"] as const) {
      const key = house.makeKey("mine", scope);
      const response = await house.ask("POST", "/v1/events", { key, body: { type: "a", data: 1 } });
      expect(response.status).toBe(403);
    }
    expect(house.store.events).toEqual([]);
    const key = house.makeKey("theirs", "jobs");
    expect((await house.ask("POST", "/v1/events", { key, body: { type: "a", data: 1 } })).status).toBe(202);
    expect(house.store.events[0]?.tenantId).toBe("theirs");
  });
});
