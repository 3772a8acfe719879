import { describe, expect, test } from "vitest";
import type { DeadLetter } from "@ringback/core";
import { createHouse, type House } from "../testing/house.ts";
import { aDeadLetter, aDelivery, anAttempt, ids } from "../testing/rows.ts";

const path = "/v1/dead-letters";
const one = `${path}/${ids.delivery}`;

function houseWith(letter: Partial<DeadLetter> = {}): House {
  const house = createHouse();
  house.store.deliveries.set(ids.delivery, { delivery: aDelivery(), attempts: [anAttempt()] });
  house.store.deadLetters.set(ids.delivery, { ...aDeadLetter(), ...letter });
  return house;
}

/** A house in which so many have died. */
function houseWithMany(count: number): House {
  const house = createHouse({ listLimitMax: 3, exportLinesMax: 6 });
  for (let at = 0; at < count; at += 1) {
    const delivery = aDelivery({ id: `dlv_${String(at).padStart(26, "0")}` });
    house.store.deadLetters.set(delivery.id, aDeadLetter(delivery));
  }
  return house;
}

describe("one dead letter", () => {
  test("says when it will be gone: so long after it died as dead letters are kept", async () => {
    const shown = await (await houseWith().ask("GET", one)).json();
    expect(shown).toMatchObject({
      state: "open",
      finishedAt: "2026-11-22T08:00:01.000Z",
      expiresAt: "2026-12-22T08:00:01.000Z",
    });
    const pending = { delivery: aDelivery({ status: "pending", finishedAt: null }) };
    expect(await (await houseWith(pending).ask("GET", one)).json()).not.toHaveProperty("expiresAt");
  });

  test("is discarded with a reason, and says so", async () => {
    const house = houseWith();
    const response = await house.ask("POST", `${one}/discard`, { body: { reason: "sent by hand" } });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      id: ids.delivery,
      state: "discarded",
      discardReason: "sent by hand",
      discardedAt: expect.any(String) as string,
    });
    const list = async (query: string) =>
      ((await (await house.ask("GET", `${path}${query}`)).json()) as { data: unknown[] }).data.length;
    expect([await list(""), await list("?state=discarded")]).toEqual([0, 1]);
  });

  test.each([[{}], [{ reason: "" }], [{ reason: "x".repeat(501) }], [{ reason: 1 }]])(
    "is not discarded with %j",
    async (body) => {
      const house = houseWith();
      expect((await house.ask("POST", `${one}/discard`, { body })).status).toBe(422);
      expect(house.store.deadLetters.get(ids.delivery)?.state).toBe("open");
    },
  );

  test("is not discarded once it has arrived, which is told as such", async () => {
    const house = houseWith({ state: "resolved", resolvedAt: 1 });
    const response = await house.ask("POST", `${one}/discard`, { body: { reason: "no" } });
    expect(response.status).toBe(409);
    expect(await response.json()).toMatchObject({ code: "dead-letter-resolved" });
  });

  test("takes a note, and lets go of it", async () => {
    const house = houseWith();
    const noted = await house.ask("PATCH", one, { body: { note: "asked them" } });
    expect([noted.status, await noted.json()]).toMatchObject([200, { note: "asked them" }]);
    const emptied = await house.ask("PATCH", one, { body: { note: null } });
    expect(await emptied.json()).not.toHaveProperty("note");
    expect((await house.ask("PATCH", one, { body: { status: "delivered" } })).status).toBe(400);
  });
});

describe("groups", () => {
  test("are those of the most letters first, with a sample and the way to all of them", async () => {
    const house = createHouse();
    const at = Date.parse("2026-11-22T08:00:00.000Z");
    const group = { host: "a.example", code: "http_5xx", httpStatus: 500, sampleId: ids.delivery } as const;
    house.store.deadLetterGroups.push(
      { ...group, count: 2, firstAt: at, lastAt: at + 1 },
      { ...group, code: "connect_refused", httpStatus: null, count: 7, firstAt: at, lastAt: at },
    );
    const response = await house.ask("GET", `${path}/groups?limit=5`);
    expect(await response.json()).toMatchObject({
      groups: 2,
      deadLetters: 9,
      data: [
        {
          code: "connect_refused",
          count: 7,
          links: { deadLetters: expect.not.stringContaining("httpStatus") as string },
        },
        {
          host: "a.example",
          code: "http_5xx",
          httpStatus: 500,
          count: 2,
          firstAt: "2026-11-22T08:00:00.000Z",
          lastAt: "2026-11-22T08:00:00.001Z",
          sample: ids.delivery,
          links: {
            deadLetters: `${path}?host=a.example&code=http_5xx&httpStatus=500`,
            sample: one,
          },
        },
      ],
    });
    const cut = (await (await house.ask("GET", `${path}/groups?limit=1`)).json()) as { data: unknown[] };
    expect(cut).toMatchObject({ groups: 2, data: [{ count: 7 }] });
    expect(cut.data).toHaveLength(1);
    expect((await house.ask("GET", `${path}/groups?cursor=x`)).status).toBe(400);
  });
});

describe("the export", () => {
  const accept = { accept: "application/x-ndjson" };
  const linesOf = async (response: Response): Promise<Record<string, unknown>[]> =>
    (await response.text())
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);

  test("is the whole list, one line each, page by page", async () => {
    const house = houseWithMany(5);
    const response = await house.ask("GET", path, { headers: accept });
    expect(response.headers.get("content-type")).toBe("application/x-ndjson");
    const lines = await linesOf(response);
    expect(lines.map(({ id }) => id)).toEqual(
      [4, 3, 2, 1, 0].map((at) => `dlv_${String(at).padStart(26, "0")}`),
    );
  });

  test("ends after its bound with a cursor, with which the next one goes on", async () => {
    const house = houseWithMany(8);
    const lines = await linesOf(await house.ask("GET", path, { headers: accept }));
    expect(lines).toHaveLength(7);
    const { nextCursor } = lines.at(-1) as { nextCursor: string };
    const rest = await linesOf(await house.ask("GET", `${path}?cursor=${nextCursor}`, { headers: accept }));
    expect(rest).toHaveLength(2);
  });

  test("breaks off when a page cannot be read, so that a part is not taken for the whole", async () => {
    const house = houseWithMany(5);
    const { listDeadLetters } = house.store.reads;
    let reads = 0;
    house.store.reads.listDeadLetters = (...asked) => {
      reads += 1;
      return reads > 1 ? Promise.reject(new Error("gone")) : listDeadLetters(...asked);
    };
    // The house reads every answer to its end.
    await expect(house.ask("GET", path, { headers: accept })).rejects.toThrow("gone");
  });

  test("of deliveries is the same", async () => {
    const lines = await linesOf(await houseWith().ask("GET", "/v1/deliveries", { headers: accept }));
    expect(lines).toMatchObject([{ id: ids.delivery }]);
  });
});
