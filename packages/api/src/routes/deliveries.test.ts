import { describe, expect, test } from "vitest";
import { createHouse, type House } from "../testing/house.ts";
import { aDeadLetter, aDelivery, anAttempt, anEndpoint, ids } from "../testing/rows.ts";

const delivery = `/v1/deliveries/${ids.delivery}`;
const deadLetter = `/v1/dead-letters/${ids.delivery}`;

function houseWithDeadLetter(attempt = anAttempt()): House {
  const house = createHouse();
  house.store.deliveries.set(ids.delivery, { delivery: aDelivery(), attempts: [attempt] });
  house.store.deadLetters.set(ids.delivery, aDeadLetter());
  return house;
}

describe("GET /v1/deliveries/{id}", () => {
  test("shows every attempt in full and explains where the delivery stands", async () => {
    const response = await houseWithDeadLetter().ask("GET", delivery);
    expect(response.status).toBe(200);
    const shown = (await response.json()) as { attempts: object[] };
    expect(shown).toMatchObject({
      id: ids.delivery,
      status: "dead",
      eventId: ids.event,
      eventType: "job.succeeded",
      jobId: ids.job,
      host: "hooks.example",
      code: "http_5xx",
      httpStatus: 500,
      attemptsMade: 1,
      explain: expect.stringMatching(/^Given up after 1 attempt: .*dead letter/) as string,
    });
    expect(shown.attempts[0]).toEqual({
      id: "att_01kat5vqt8fkz9m0w4r1x2y3z4",
      n: 1,
      trigger: "auto",
      startedAt: "2026-11-22T08:00:00.000Z",
      durationMs: 12,
      url: "https://hooks.example/in",
      request: { headers: { "webhook-id": ids.event }, bodyBytes: 20 },
      response: { status: 500, headers: { server: "x" }, body: "broken é", truncated: false },
      outcome: "failed",
      code: "http_5xx",
      detail: "The receiver answered 500.",
      peerAddress: "93.184.216.34",
      retryAt: null,
    });
  });

  test("an answer that is no text is shown as base64; one that was cut in a character is text", async () => {
    const shown = async (body: Uint8Array, truncated: boolean): Promise<object> => {
      const house = houseWithDeadLetter(
        anAttempt({ response: { status: 500, headers: {}, body, truncated } }),
      );
      const { attempts } = (await (await house.ask("GET", delivery)).json()) as {
        attempts: { response: object }[];
      };
      return attempts[0]?.response ?? {};
    };
    expect(await shown(Uint8Array.of(0xff, 0xfe, 0x00), false)).toMatchObject({
      body: "//4A",
      bodyEncoding: "base64",
    });
    expect(await shown(Buffer.from("né").subarray(0, 2), true)).not.toHaveProperty("bodyEncoding");
    expect(await shown(Buffer.from("né").subarray(0, 2), false)).toHaveProperty("bodyEncoding");
  });

  test("an attempt without an answer shows none", async () => {
    const response = await houseWithDeadLetter(anAttempt({ response: null, code: "connect_refused" })).ask(
      "GET",
      delivery,
    );
    const { attempts } = (await response.json()) as { attempts: object[] };
    expect(attempts[0]).not.toHaveProperty("response");
  });
});

describe("lists", () => {
  test.each(["/v1/deliveries", "/v1/dead-letters"])("%s takes every filter of the contract", async (path) => {
    const house = houseWithDeadLetter();
    const query =
      `status=dead,pending&endpointId=${ids.endpoint}&jobId=${ids.job}&host=Hooks.example&code=http_5xx&httpStatus=500` +
      "&after=2026-11-22T00:00:00Z&before=2026-11-23T00:00:00Z&limit=10";
    const response = await house.ask("GET", `${path}?${query}`);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ data: [{ id: ids.delivery }], nextCursor: null });
  });

  test.each([
    "status=lost",
    "code=nonsense",
    "httpStatus=99",
    "after=1",
    "after=2026-02-29T00:00:00Z",
    "before=2026-13-01T00:00:00Z",
    "hostname=x",
    "cursor=x",
  ])("?%s is refused", async (query) => {
    for (const path of ["/v1/deliveries", "/v1/dead-letters"]) {
      expect((await createHouse().ask("GET", `${path}?${query}`)).status).toBe(400);
    }
  });

  test("a cursor of the deliveries does not open the dead letters", async () => {
    const house = houseWithDeadLetter();
    const other = aDelivery({ id: "dlv_01kat5vqt8fkz9m0w4r1x2y3z5" });
    house.store.deliveries.set(other.id, { delivery: other, attempts: [] });
    const page = (await (await house.ask("GET", "/v1/deliveries?limit=1")).json()) as { nextCursor: string };
    expect((await house.ask("GET", `/v1/deliveries?cursor=${page.nextCursor}`)).status).toBe(200);
    expect((await house.ask("GET", `/v1/dead-letters?cursor=${page.nextCursor}`)).status).toBe(400);
  });
});

describe("dead letters", () => {
  test("show the delivery, why it was given up, and its attempts", async () => {
    const response = await houseWithDeadLetter().ask("GET", deadLetter);
    expect(await response.json()).toMatchObject({
      id: ids.delivery,
      reason: "http_5xx",
      diedAt: "2026-11-22T08:00:01.000Z",
      eventId: ids.event,
      explain: expect.stringContaining("Given up") as string,
      attempts: [{ n: 1 }],
    });
  });
});

describe("redelivering", () => {
  test.each([`${delivery}/redeliver`, `${deadLetter}/redeliver`])(
    "POST %s answers 202 with the delivery",
    async (path) => {
      const house = houseWithDeadLetter();
      const response = await house.ask("POST", path);
      expect([response.status, response.headers.get("location")]).toEqual([202, delivery]);
      expect(await response.json()).toMatchObject({
        id: ids.delivery,
        status: "pending",
        eventId: ids.event,
      });
    },
  );

  test("what a paused endpoint holds says so: at once, in the list and in its explanation", async () => {
    const house = createHouse();
    house.store.endpoints.set(ids.endpoint, anEndpoint({ status: "paused", pausedReason: "gone" }));
    const held = aDelivery({ endpointId: ids.endpoint, laneId: ids.endpoint });
    house.store.deliveries.set(ids.delivery, { delivery: held, attempts: [anAttempt()] });
    expect(await (await house.ask("GET", delivery)).json()).not.toHaveProperty("held");
    const redelivered = await house.ask("POST", `${delivery}/redeliver`);
    expect(redelivered.status).toBe(202);
    const answer = (await redelivered.json()) as object;
    expect(answer).toMatchObject({ status: "pending", held: true });
    expect(answer).not.toHaveProperty("dueAt");
    expect(await (await house.ask("GET", "/v1/deliveries")).json()).toMatchObject({ data: [{ held: true }] });
    expect(await (await house.ask("GET", delivery)).json()).toMatchObject({
      held: true,
      explain: expect.stringContaining("held until its endpoint is resumed") as string,
    });
    house.store.endpoints.set(ids.endpoint, anEndpoint());
    expect(await (await house.ask("POST", `${delivery}/redeliver`)).json()).not.toHaveProperty("held");
  });

  test("a dead letter that was redelivered to a paused endpoint says that it is held", async () => {
    const house = houseWithDeadLetter();
    const held = aDelivery({ status: "pending", dueAt: null, finishedAt: null, endpointId: ids.endpoint });
    house.store.deadLetters.set(ids.delivery, aDeadLetter(held));
    expect(await (await house.ask("GET", deadLetter)).json()).toMatchObject({ held: true });
  });

  test.each([`${delivery}/redeliver`, `${deadLetter}/redeliver`])(
    "POST %s to an endpoint that has been deleted is refused, and changes nothing",
    async (path) => {
      const house = houseWithDeadLetter();
      const owed = aDelivery({ endpointId: ids.endpoint, laneId: ids.endpoint });
      house.store.deliveries.set(ids.delivery, { delivery: owed, attempts: [anAttempt()] });
      const response = await house.ask("POST", path);
      expect(response.status).toBe(409);
      expect(await response.json()).toMatchObject({ code: "endpoint-deleted" });
      expect(house.store.deliveries.get(ids.delivery)?.delivery).toEqual(owed);
      expect(house.store.audit).toEqual([]);
    },
  );

  test("what is no dead letter is not redelivered as one", async () => {
    const house = houseWithDeadLetter();
    house.store.deadLetters.clear();
    expect((await house.ask("POST", `${deadLetter}/redeliver`)).status).toBe(404);
    expect(house.store.deliveries.get(ids.delivery)?.delivery.status).toBe("dead");
  });
});
